"""Drop-in commands: the command lines of SynthStrip, BET and HD-BET, for pipelines that call these tools.

Each module turns the options of one tool into scans and `deskull.options.StripOptions`; `command` does the rest. The
names and the meanings of the options are those of the tools' manuals. Existing results are replaced, as the tools do,
but never an input.
"""

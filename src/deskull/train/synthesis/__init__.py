"""Synthesis: images of heads made from label maps.

The ranges that the modules of this package draw from are stated as constants, each with its unit. Where no publication
is named beside one, it is the project's own choice: what real scans show or a little more, judged on contact sheets
(``deskull train RECIPE ... --sheet FILE``).
"""

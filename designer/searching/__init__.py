"""The process of a study: proposes values, trains what they make, notes what comes of it. No Qt.

``python -m designer.searching FOLDER`` begins the study in a folder or goes on with it; see `core.search.protocol`.
"""

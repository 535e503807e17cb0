"""Reports of QA runs: pictures, control charts, HTML and PDF."""

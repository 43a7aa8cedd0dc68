"""Training: from labelled utterances to a registered release. The lower package: it never imports `serving`."""

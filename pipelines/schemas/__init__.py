"""The shapes that cross a boundary: bot files, training examples, understanding, releases. No pandas here."""

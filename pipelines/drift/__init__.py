"""What customers write now, compared with what the release was measured on."""

"""What commands print: tables and sentences about findings, labels, releases and replays."""

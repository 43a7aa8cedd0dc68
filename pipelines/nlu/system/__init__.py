"""Values that need no training: numbers, dates, times, addresses, phone numbers, money, in any language of the CLDR."""

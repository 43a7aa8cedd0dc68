"""Texts in which a bot knows nothing, by kind: for bots in the Latin script that were taught none of them."""

STRANGE_TEXTS = {
    "numbers": [
        "4.5", "12345678901234567890", "42", "007", "3/4", "+49 170 1234567", "2026-12-24", "19:00", "100%", "€ 50",
        "٤٥", "\uff11\uff12\uff13", "१२३", "1 2 3 4",
    ],
    "addresses": [
        "http://example.org/x", "https://www.example.com/cancel-my-order?id=5", "www.example.de", "bob@example.org",
        "ftp://files.example.net/a.zip", "example.io/hello", "https://e.example/AbC123", "http://localhost:8000/",
        "https://example.org/guten-tag", "https://example.org/hola", "@bob", "foo@bar", "www", "https://",
        "http", "www.",
    ],
    "mashed keys": [
        "asdfgh", "qwertz", "sdkjfh", "qwerty", "asdf", "jkl;", "lkjhgf", "dfgdfg", "hjkhjk", "xcvbnm", "zxcvbn",
        "fghjfghj", "sdlfkjsdlfkj", "qqqq", "ghjkl asdas", "wefwef", "yxcvbnm", "ñlkjhg", "asdasdasd", "öäüöäü",
        "azerty", "mnbvcxz", "jhjhjh", "1a2b3c", "dQw4w9WgXcQ", "йцукен",
        "550e8400-e29b-41d4-a716-446655440000",
        "kjhgkjhg sdfsdf", "dsfkjh sdfkjh sdf",
    ],
    "single letters": ["x", "k", "z!", "q w e", "y", "é", "я", "X?", "j", "w"],
    "emoji": ["😀", "👍👍", "🎉", "❤️", "¯\\_(ツ)_/¯", "😂😂 !!!", "🤷‍♀️", "🙈", "✨✨✨", "🍕"],
    "Arabic": [
        "أريد طاولة", "أين طلبي؟", "مرحبا", "شكرا جزيلا", "كم السعر", "إلغاء", "صباح الخير", "لا أفهم", "ما هذا",
        "حجز رحلة إلى باريس",
    ],
    "Chinese": [
        "我想订一张桌子", "你好", "谢谢", "取消", "多少钱", "明天见", "在哪里", "帮助", "我不明白", "早上好",
    ],
    "Japanese": [
        "こんにちは", "テーブルを予約したい", "ありがとう", "キャンセル", "いくらですか", "わかりません", "おはよう",
        "どこですか", "助けて", "はい",
    ],
    "Hindi": [
        "नमस्ते", "मुझे एक मेज चाहिए", "धन्यवाद", "रद्द करें", "कितना", "मदद", "कहाँ है", "मैं नहीं समझा", "शुभ प्रभात",
        "क्या",
    ],
    "other scripts": [
        "привет", "я хочу столик", "где мой заказ", "สวัสดี", "ฉันต้องการโต๊ะ", "안녕하세요", "테이블 예약", "שלום",
        "καλημέρα",
        "գինը որքան է",
    ],
}  # fmt: skip

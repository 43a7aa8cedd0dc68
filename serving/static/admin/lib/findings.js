// What is wrong with an example, in a few words, by the check that found it.

const WORDS = {
  text_is_short_enough: "too long", text_is_decoded_right: "broken characters", text_can_be_typed: "control characters", text_has_no_markup: "HTML in it",
  text_has_content: "no word in it", text_is_there: "empty", text_is_not_repeated: "there twice", one_intent_a_text: "also in another intent",
  one_intent_a_wording: "nearly the same in another intent", span_in_text: "mark outside the text", spans_do_not_overlap: "marks overlap",
  span_holds_value: "mark misses its value", span_keeps_words_whole: "mark cuts a word", entity_type_is_known: "mark of an unknown entity",
  values_are_marked: "mark the value?", one_type_a_value: "marked as something else elsewhere", no_email_address: "e-mail address in it",
  no_phone_number: "phone number in it", no_card_number: "card number in it", no_bank_account: "bank account in it", label_is_likely: "right intent?",
};

/** What a check has found wrong with an example: what to look at, not what the check demands. */
export const findingInWords = (check) => WORDS[check] || "look at this";

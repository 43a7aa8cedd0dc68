"""English."""

from serving.dialogue.answers.words.tables import AnswerWords, Grammar, JointWords, RefusalWords, phrases

_NEGATED = phrases("do, does, did, is, are, was, were, have, has, had, would, should, could, must, need")
_SHORT = {"m": "am", "s": "is", "re": "are", "d": "would", "ll": "will", "ve": "have"}
_PRONOUNS = phrases("i, you, he, she, it, we, they, that, there, what")
_SPELLINGS = {
    **{f"{verb}n't": f"{verb} not" for verb in _NEGATED},
    **{f"{verb}nt": f"{verb} not" for verb in _NEGATED},
    **{f"{pronoun}'{short}": f"{pronoun} {full}" for pronoun in _PRONOUNS for short, full in _SHORT.items()},
    "can't": "can not", "cant": "can not", "cannot": "can not", "won't": "will not", "wont": "will not",
    "ain't": "is not", "im": "i am", "thats": "that is", "let's": "let us", "lets": "let us", "ive": "i have",
    "wanna": "want to", "gonna": "going to", "ofc": "of course", "dunno": "do not know", "idk": "i do not know",
    "pls": "please", "plz": "please", "thx": "thanks", "ok ok": "ok",
}  # fmt: skip

_GRAMMAR = Grammar(
    spellings=_SPELLINGS,
    small=phrases(
        """day, days, date, time, place, city, hour, a, an, the, this, that, these, those, to, from, in, into, on,
        at, of, for, with, by, via, through, near, around, about, before, after, until, till, as, so, too, also,
        either, any more, anymore, it is, me, us, him, her, them, it, one, ones, here, there, now, right now,
        at the moment, currently, really, very, much, too much, actually, unfortunately, sadly, honestly,
        seriously, truly, again, back, up, out, all, at all, ever, even, just, then, some, my, our, your, own,
        thing, way, that one, this one, for now, quite, exactly, necessarily, preferably, ideally, answer""",
    ),
    verbs=phrases(
        """am, is, are, was, were, be, been, being, do, does, did, doing, done, have, has, had, having, can, could,
        will, would, shall, should, may, might, must, need, needs, want, wants, wanted, like, likes, love, wish,
        prefer, go, goes, going, went, fly, flying, travel, traveling, travelling, come, coming, take, taking,
        get, getting, make, making, book, booking, order, ordering, pick, choose, choosing, visit, visiting,
        stay, staying, leave, leaving, arrive, arriving, depart, departing, drive, driving, eat, meet, send,
        ship, deliver, say, said, mean, meant, think, thought, believe, guess, suppose, feel, add, put, include,
        including, give, giving, try, let us, bring, start, set, require, care for, interested, able, planning,
        thinking, available, free""",
    ),
    subjects=phrases("i, you, we, they, he, she, it, there, nobody, somebody"),
    wishes=phrases("want, need, like, wish, prefer, require, care for, interested"),
)

_REFUSALS = RefusalWords(
    facts=phrases("did not, was not, were not, have not, has not, had not"),
    than_words=phrases("than"),
    preferences=phrases("rather, prefer, sooner, better"),
    denials=phrases("nope, nah, nay, no way, hell no, no thanks, no thank you"),
    negators=phrases(
        """allergic to, forget, forget about, scrap, leave out, away, out of town, on holiday, on vacation,
        not in town, working, not, never, neither, nor, without, w/o, avoid, avoiding, skip, excluding, unless,
        no time, not free, not available, unavailable, not around, busy, no longer, not anymore,
        not interested in, sick of, tired of, hate, rule out, anything like, not keen on, by no means,
        under no circumstances, not even, not until, not before, not after, no way, not at all""",
    ),
    determiners=("no",),
    rejections=phrases(
        """did not mean, did not say, did not ask for, did not choose, was not meant, not a fan of, no fan of,
        not fond of, not into, not keen on, do not fancy, not in the mood for, do not want, does not want,
        did not want, do not wish, would not want, would not like, would rather not, rather not, do not like,
        would hate, please do not, do not care for, would prefer not, prefer not, do not feel like, refuse to,
        no need, there is no need""",
    ),
    exceptions=phrases(
        """except, except for, except on, excepting, apart from, aside from, other than, besides,
        with the exception of, save for, bar""",
    ),
    substitutions=phrases("instead of, rather than, in place of, in lieu of, as opposed to, and not"),
    barring=phrases("but, minus, bar"),
    any_words=phrases(
        """any, anything, anywhere, anytime, anyday, anyone, every, everything, everywhere, everyday, everyone,
        each, all, whichever, wherever, whenever, whatever""",
    ),
    nothing_words=phrases("no other, none other, nothing, nowhere, none, nobody, no one, no place"),
    harmless=phrases(
        """right away, straight away, take away, not been, never been, there is no, there are no,
        do not want to miss, not want to miss, say no to, not say no to, can not choose, not choose,
        not too late, not too early, not too far, not too expensive, not too many, not impossible, forget it,
        forget about it, not out of the question, without a doubt, without doubt, no objection, no question,
        why not, why do not we, why do not you, why does not, how about, not only, not just, not merely,
        not simply, nothing but, no more than, not more than, no less than, not less than, no fewer than,
        no later than, not later than, no earlier than, no sooner than, not exceeding, not over, not under,
        not to exceed, can not wait, could not wait, do not forget, not forget, not to forget, do not worry,
        do not know, not know, do not mind, would not mind, not mind, do not care, do not have, do not see,
        do not understand, not sure, not certain, not to mention, whether or not, or not, if not, not a problem,
        no problem, no worries, no doubt, no matter, not matter, no idea, no rush, no hurry, not bad,
        not too bad, never mind, not yet, no one, can not believe, can not decide, not decided, not wrong,
        could not be better, not an issue, no issue, no trouble, not in a hurry, nothing wrong, not that,
        number, no number, nothing less than, not far""",
    ),
    verdicts=phrases(
        """is inconvenient, would be impossible, would be too early, would be too late, are bad, will not do,
        is out, are out, is off, are off, is impossible, are impossible, is no good, no good, is bad,
        is a no go, no go, is a no, out of the question, off the table, is excluded, excluded, excepted,
        does not work, do not work, will not work, is unavailable, would be bad, is too early, is too late,
        is too far, is too expensive, is too much, is too many, is ruled out, aside, is a bad day,
        is a bad time, is wrong, was wrong, is not right""",
    ),
    praise=phrases(
        """work, works, working, suit, suits, fit, fits, fine, good, great, ok, okay, perfect, possible, best,
        better, ideal, convenient, nice, an option, for me, for us, well, thanks""",
    ),
    links=phrases("or, and, nor, or else, as well as, and also, and or"),
    breaks=phrases(
        """why, i said, because, since, cause, maybe, perhaps, possibly, probably, preferably, ideally, instead,
        rather, better, yes, yeah, yep, ok, okay, sure, although, though, while, whereas, if, when, which, who,
        where, what, how, however, only, make it, make that, i mean, i meant, sorry, actually, wait, change it,
        change that""",
    ),
    owners=phrases(
        """my, our, order, order number, invoice, number, account, card, code, ticket, room, version""",
    ),
)

_JOINTS = JointWords(
    alternatives=phrases("or, or else, and or, versus, vs, alternatively, otherwise"),
    additions=phrases(
        """and, plus, as well as, along with, together with, and also, and then, then, also, followed by""",
    ),
    ranges=phrases("to, till, until, thru, through, up to, up until"),
    between=phrases("between, in between, betw"),
    small=phrases(
        """a, an, the, from, in, on, at, of, for, by, with, either, maybe, perhaps, possibly, even, another, about,
        around, approximately, both, rather, so, say, some, please, else, it could be""",
    ),
)

_TO_BE_FINE = phrases("fine, ok, okay, great, good, perfect, right, correct, true, nice, lovely, alright, it")

_NEITHER = phrases(
    """no answer, no comment, yes no, I do have a question, I have a question, never mind, nevermind,
        do not understand, do not get it, can not see, can not read, can not find, can not open, not got it,
        do not follow, not understand, do not see, do not have, not only, not just, not until, not before,
        not after, no more than, not more than, no less than, no later than, no earlier than, nothing but,
        if not, or not, right now, right after, right before, sure about, are you sure, no yes, no yeah,
        do not tell, can not wait, do not forget, no one, do I, do we, do you, can I, can you""",
)
_UNSURE = phrases(
    """no idea, not sure, no clue, not certain, not decided, undecided, no preference, no opinion, no matter,
        do not know, I do not know, I am not sure, I am not certain, yes and no, yes or no, yes but no,
        do not mind, would not mind, do not care, do not remember, do not recall, can not say, can not tell,
        can not decide, can not remember, could not say, hard to say, depends, it depends, that depends,
        not necessarily, not that I know, not convinced, no preference either way""",
)

ENGLISH = AnswerWords(
    yes=phrases(
        """make it so, yes, yep, yup, y, aye, go ahead, do it, let us do it, please do, confirm, confirmed,
        I confirm, yes please, yes of course, yes sure, yes I do, yes indeed, yessir, I think so, I guess so,
        I suppose so, I believe so, I guess yes, I hope so, count me in, hell yes, hell yeah, you bet,
        by all means, most definitely, if you must, if you like, if you want, please go ahead, affirmative,
        agreed, I agree, deal, let us go, go for it, bring it on, why yes""",
    ),
    assent=(
        *phrases(
        """yeah, ya, yea, ok, okay, k, right, that is right, correct, that is correct, exactly, true, fine,
        perfect, great, sounds good, sounds great, looks good, all good, alright, all right, very well,
        works for me, that works, fine by me, fine with me, ok with me, suits me, no problem, no problem at all,
        no problemo, no prob, np, not a problem, not a problem at all, no issue, not an issue, no objection,
        no objections, no objection from me, no doubt, no doubt about it, without a doubt, without doubt,
        no question, no question about it, beyond doubt, why not, why ever not, sure thing, cool, good idea,
        there is no problem, it is no problem, that is no problem, that is not a problem, it is not a problem,
        I have no objection, I have no objections, I have no doubt, I do not see why not, no reason not to,
        nothing against it, awesome, excellent, wonderful, right away, uh huh, mhm, could not agree more,
        I could not agree more, can not complain""",
    ),
        *(f"{start} {word}" for start in ("that is", "it is", "that would be", "it would be") for word in _TO_BE_FINE),
    ),
    emphatic=phrases(
        """sure, for sure, of course, certainly, absolutely, definitely, surely, naturally, obviously, clearly,
        totally, completely, indeed, by all means, most certainly, most definitely, positively, undoubtedly,
        gladly, with pleasure, definitively, decidedly, emphatically""",
    ),
    ellipses=(
        *(f"{who} {verb}" for who in ("I", "we") for verb in phrases("do, am, are, have, will, would, can, did")),
        *(f"{who} {verb}" for who in ("it", "that") for verb in ("is", "does", "was", "will", "would")),
        *(f"they {verb}" for verb in ("are", "do", "did", "have", "will")),
        *phrases(
        """I would love to, I would love that, I would like that, I would like to, I would like it, I would""",
    ),
        *phrases(
        """I would be happy to, I want to, I want that, I want it, I want one, I need it, I need one""",
    ),
        *phrases(
        """he is, she is, he does, she does, he did, she did, I should, we should, I could, there is, there are""",
    ),
    ),
    no=phrases(
        """but no, but no thanks, but no thank you, unnecessary, neither, none, not necessary, no but thanks, no,
        nope, nah, n, nay, no way, no way in hell, no thanks, no thank you, no thank, do not, not really,
        not now, not yet, never, never ever, stop, rather not, I would rather not, better not, negative,
        not at all, by no means, under no circumstances, on no account, in no way, please do not, not a chance,
        no chance, fat chance, hell no, god no, heck no, not on your life, not in a million years,
        over my dead body, I do not think so, I do not believe so, I think not, I guess not, I hope not,
        I am afraid not, not quite, not exactly, not so much, not particularly, not anymore, no longer,
        not this time, not today, not for me, not interested, no need, there is no need, no more, no siree,
        I would prefer not to, prefer not, I refuse, none of that, forget it, forget about it, as if,
        let us not, yeah no, yea no, ya no, yeah nah, yea nah, nothing of the sort, no good, no dice, no go,
        no can do, I pass, I will pass, hard pass, hardly, not one bit, not in the least, not in the slightest,
        far from it, nuh uh""",
    ),
    wrong=phrases(
        """wrong, that is wrong, it is wrong, that is not right, incorrect, false, untrue, mistaken, impossible,
        unwanted""",
    ),
    negators=phrases("not"),
    stops=phrases("stop, forget it, never mind, nevermind, forget about it, no more, I pass, I will pass"),
    neither=_NEITHER + tuple(f"{who} {phrase}" for who in ("I", "we") for phrase in _NEITHER if " not " in phrase),
    unsure=_UNSURE + tuple(f"{who} {phrase}" for who in ("I", "we") for phrase in _UNSURE if " not " in phrase),
    neutral=phrases(
        """no worries, no worries at all, not bad, not too bad, not bad at all, not half bad, not wrong,
        not the worst, not to worry, do not worry, no stress, no rush, no hurry, no pressure, no biggie,
        no big deal, no harm, no offence, no offense, no wonder, no kidding, no joke, no bother, no trouble,
        no fuss, no hard feelings, no pain no gain, no need to worry, no need to hurry, not incorrect,
        not false, not impossible""",
    ),
    hedges=phrases("maybe, perhaps, possibly, probably, likely, presumably"),
    fillers=phrases(
        """please, thanks, thank, thank you, oh, er, erm, um, uh, hm, hmm, well, so, just, then, ah, hey, haha, lol""",
    ),
    but=phrases(
        """but, except, however, only, instead, change, make, what, how, when, who, where, which, why, hold, later,
        unless, if, as long as, depending""",
    ),
    none=phrases(
        """no, nope, none, neither, none of them, none of these, none of those, neither of them, neither of those,
        neither of these, neither one, not those, something else, no something else, nothing, other,
        another thing, no neither""",
    ),
    ordinals={
        "1": 1, "2": 2, "3": 3, "one": 1, "two": 2, "three": 3, "first": 1, "second": 2, "third": 3, "a": 1,
        "b": 2, "c": 3, "last": -1, "latter": -1, "former": 1,
    },
    option_words=phrases(
        """the, option, number, no, choice, one, I, mean, meant, it is, it, is, st, nd, rd, I am, that, would, take""",
    ),
    corrections=phrases(
        """no, nope, nah, I mean, I meant, correction, make it, make that, change, not, yes but, or rather, or no,
        scratch that, strike that, my mistake, my bad, that is wrong, wrong, wait no, sorry no, let us say,
        better make it, on second thought, on second thoughts""",
    ),
    afterthoughts=phrases("sorry, actually, wait, rather, oops, but, or better, or actually, hold on, whoops"),
    correction_marks=phrases(
        """I meant, I mean, instead, should be, should have been, wait no, no wait, sorry no, oh no, scratch that,
        strike that, or rather, no actually, actually no, make that""",
    ),
    swaps=phrases(
        """swap, swap them, swap those, swap these, swap the two, switch them, switch, reverse, reverse them,
        the other way round, other way round, the other way around, other way around, vice versa, the opposite,
        it is the other way round, it is the other way around""",
    ),
    grammar=_GRAMMAR,
    refusals=_REFUSALS,
    joints=_JOINTS,
)  # fmt: skip

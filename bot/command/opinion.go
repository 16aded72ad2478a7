package command

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// maxOpinion is how many characters the sentence with a mark may have.
const maxOpinion = 140

// marks are from not satisfied at all to very satisfied.
var marks = []string{"1", "2", "3", "4", "5"}

// marked is a mark with perhaps a sentence behind it; a number that goes on,
// as in 10, 4/5 or, with fraction, 4,5, is none.
var (
	marked   = regexp.MustCompile(`^([1-5])(?:[\s,;:.|]+(.*))?$`)
	fraction = regexp.MustCompile(`^\d\s*[,.]\d`)
)

// teamOpinion notes how content the asker is; typed alone it shows what the
// kernteam thinks, and asks who has not answered yet.
func teamOpinion(r *Request, typed string) (answer, error) {
	typed = line(typed)
	given, err := store.HasOpinion(r.tx, r.team.ID, r.half(), r.me.User)
	if err != nil {
		return answer{}, err
	}
	switch m := marked.FindStringSubmatch(typed); {
	case given && typed != "":
		return answer{}, r.opinionGiven()
	case given:
		body, err := r.opinions()
		return answer{body: body}, err
	case typed == "":
		a := r.ask("team.opinion", 0, r.opinionForm(""))
		a.body, err = r.opinions()
		return a, err
	case m == nil || fraction.MatchString(typed):
		said := strings.TrimLeft(typed, "0123456789/.,:- ")
		return r.ask("team.opinion", 0, r.opinionForm(said)), team.Wrong("cijfer", "opinion.mark", "example", strings.TrimSpace(r.lang.Say("opinion.example", "line", said)))
	default:
		return r.addOpinion(m[1], m[2])
	}
}

func (r *Request) half() team.Date { return team.SchoolHalf(r.today()) }

func (r *Request) halfBefore() team.Date { return r.half().AddMonths(-6) }

// forgetOpinions drops those of longer ago than the half before.
func (r *Request) forgetOpinions() error {
	return store.ForgetOpinions(r.tx, r.team.ID, r.halfBefore())
}

func (r *Request) opinionForm(said string) chat.Form {
	return r.form("opinion",
		r.choose("opinion", "cijfer", options(r.lang, "opinion.", marks), ""),
		optional(r.fill("opinion", "zin", cut(said, maxOpinion), maxOpinion)),
	)
}

func opinionSubmitted(r *Request, _ int, v values) (answer, error) {
	return r.addOpinion(v.get("cijfer"), v.get("zin"))
}

func (r *Request) opinionGiven() error {
	return team.Wrong("", "opinion.given", "day", schedule.FormatDate(string(r.lang), r.half().AddMonths(6), false))
}

// addOpinion keeps what the asker thinks where nobody finds whose it is, and
// apart from it that they answered. So it cannot be changed any more.
func (r *Request) addOpinion(mark, said string) (answer, error) {
	said = line(said)
	if err := cmp.Or(fits("zin", said, maxOpinion), noCodes("zin", said, "", "opinion.case")); err != nil {
		return answer{}, err
	}
	if err := r.guard(passage{"zin", said}); err != nil {
		return answer{}, err
	}
	n, err := strconv.Atoi(mark)
	if err != nil {
		return answer{}, err
	}
	// The form may have stood open while its asker typed the same.
	first, err := store.AddOpinion(r.tx, r.team.ID, r.half(), r.me.User, nonce(8), team.Opinion{Mark: n, Line: said})
	if err != nil {
		return answer{}, err
	}
	if !first {
		return answer{}, r.opinionGiven()
	}
	if err := r.did("team.opinion", "team"); err != nil {
		return answer{}, err
	}
	body, err := r.opinions()
	return answer{body: slices.Concat(r.say("opinion.thanks"), body)}, err
}

// opinions is what the kernteam thinks, for who asks.
func (r *Request) opinions() (chat.Message, error) {
	now, err := store.Opinions.All(r.tx, r.team.ID, r.half().String())
	if err != nil {
		return nil, err
	}
	before, err := store.Opinions.All(r.tx, r.team.ID, r.halfBefore().String())
	if err != nil {
		return nil, err
	}
	return r.view().Opinions(now, before), nil
}

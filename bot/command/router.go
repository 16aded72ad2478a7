package command

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// route finds out who asks what of which kernteam, and runs it.
func (r *Request) route() (a answer, err error) {
	defer func() {
		if err = cmp.Or(r.broken, err); err == nil {
			err = r.touched()
		}
	}()
	if r.event.ID != "" {
		before, err := store.Seen(r.tx, r.event.Platform, r.event.ID, r.now)
		if err != nil || before {
			return answer{}, err
		}
	}
	switch act := r.event.Act.(type) {
	case chat.Typed:
		return r.typed(act)
	case chat.Picked:
		return r.picked(act)
	case chat.Submitted:
		return r.submitted(act)
	case chat.Pressed:
		return r.pressed(act)
	case chat.Arrived:
		return r.arrived()
	case chat.Opened:
		return r.opened()
	case chat.Visited:
		return r.visited()
	case chat.Roster:
		return answer{}, r.roster(act)
	}
	return answer{}, nil
}

// maxTyped is how many characters a line may have; more is no command.
const maxTyped = 4000

func (r *Request) typed(act chat.Typed) (answer, error) {
	c, found := commandNamed(act.Command)
	if !found {
		return answer{}, team.Wrong("", "command", "understood", act.Command)
	}
	if err := r.locate(); err != nil {
		return answer{}, err
	}
	if !c.anywhere {
		// Before the line is understood at all: somebody may need to hear 112.
		if act.Text = r.assured(tidy(act.Text)); r.acute(cut(act.Text, maxTyped)) {
			return answer{body: r.view().Danger("/" + act.Command)}, nil
		}
	}
	if err := fits("", act.Text, maxTyped); err != nil {
		return answer{}, err
	}
	word, rest := firstWord(act.Text)
	if isWord(word, "help", "hulp?", "?") {
		body := help(r.lang, c)
		if c.name == "signaal" {
			body = append(body, r.view().Kansencirkel(r.bot.Circle)...)
		}
		return answer{body: body}, nil
	}
	if r.team.ID == "" && !c.anywhere {
		if r.event.Channel == "" {
			return answer{}, team.Wrong("", "nochannel")
		}
		return r.setUp(view.Para(r.lang, "team.none"))
	}
	if word == "" {
		return c.open(r)
	}
	for _, v := range c.verbs {
		if !isWord(word, v.words...) {
			continue
		}
		if v.chair {
			if err := r.forChair(); err != nil {
				return answer{}, err
			}
		}
		return v.run(r, rest)
	}
	return c.rest(r, act.Text)
}

// picked gives a command about a message that somebody pointed at: a form, with
// what the message says in it.
func (r *Request) picked(act chat.Picked) (answer, error) {
	c, found := commandNamed(act.Command)
	if !found || c.pick == nil {
		return answer{}, team.Wrong("", "command", "understood", act.Command)
	}
	if err := r.locate(); err != nil {
		return answer{}, err
	}
	if r.team.ID == "" {
		if r.event.Channel == "" {
			return answer{}, team.Wrong("", "nochannel")
		}
		return r.setUp(view.Para(r.lang, "team.none"))
	}
	text := tidy(act.Text)
	if r.acute(cut(text, maxTyped)) {
		return answer{body: r.view().Danger("/" + act.Command)}, nil
	}
	return c.pick(r, text)
}

// locate finds the kernteam of the channel, and in a direct conversation that
// of a person who is in just one. Whoever speaks in a channel is in it.
func (r *Request) locate() error {
	e := r.event
	if e.Channel == "" {
		teams, err := store.KernteamsOf(r.tx, e.Platform, e.Workspace, e.User.ID)
		if err != nil || len(teams) != 1 {
			return err
		}
		r.in(teams[0])
		r.me = r.member(e.User.ID)
		return nil
	}
	k, found, err := store.At(r.tx, e.Platform, e.Workspace, e.Channel)
	if err != nil || !found {
		return err
	}
	r.in(k)
	r.me = r.member(e.User.ID)
	if r.me.Here && r.me.Handle == e.User.Handle {
		return nil
	}
	here := r.me.Here
	r.me = known(r.me, e.User)
	if err := store.PutMember(r.tx, k, r.me); err != nil || here {
		return err
	}
	return r.retakeTurns()
}

// known is the member with what the platform now says of the person.
func known(m team.Member, p chat.Person) team.Member {
	m.User, m.Handle, m.Here = p.ID, p.Handle, true
	if p.Name != "" && (p.Name != p.Handle || m.Name == "") {
		m.Name = p.Name
	}
	return m
}

// forChair refuses what is for the chair only, while there is one in the
// channel.
func (r *Request) forChair() error {
	if r.isChair() || !r.hasChair() {
		return nil
	}
	return team.Wrong("", "chair", "chair", r.view().Name(r.team.Chair))
}

// forLeader refuses what is for who leads a meeting, and the kernteam's chair,
// while one of them is in the channel.
func (r *Request) forLeader(m team.Meeting) error {
	leader := r.member(m.Leader(r.team))
	if r.isChair() || leader.Here && leader.User == r.me.User || !leader.Here && !r.hasChair() {
		return nil
	}
	return team.Wrong("", "leader", "chair", r.view().Name(leader.User), "when", r.view().When(m.Start))
}

func (r *Request) hasChair() bool { return r.member(r.team.Chair).Here }

// submitted takes everything but the answers from our own record of the form.
func (r *Request) submitted(act chat.Submitted) (answer, error) {
	form, found, err := store.Forms.Get(r.tx, act.Form)
	if err != nil {
		return answer{}, err
	}
	e := r.event
	if !found || form.To.Platform != e.Platform || form.To.Workspace != e.Workspace || form.To.User != e.User.ID || r.now.After(form.Until) {
		return answer{}, team.Wrong("", "form.gone")
	}
	r.event.Channel = form.To.Channel
	if form.Team != "" {
		k, found, err := store.Kernteams.Get(r.tx, form.Team)
		if err != nil {
			return answer{}, err
		}
		if !found {
			return answer{}, team.Wrong("", "form.gone")
		}
		r.in(k)
		if r.me = r.member(e.User.ID); !r.me.Here {
			return answer{}, team.Wrong("", "notmember")
		}
	}
	r.sent = form
	submit, found := forms[form.Purpose]
	if !found {
		return answer{}, team.Wrong("", "form.gone")
	}
	acute, err := r.assuredForm(form, act.Values)
	if err != nil {
		return answer{}, err
	}
	if acute {
		return answer{problems: map[string]string{"": r.view().DangerLine()}}, nil
	}
	values, problems := check(r.lang, form.Form, act.Values)
	if len(problems) > 0 {
		return answer{problems: problems}, nil
	}
	a, err := submit(r, form.Nr, values)
	if err != nil {
		return answer{}, err
	}
	if err := store.Unschedule(r.tx, "form/"+act.Form); err != nil {
		return answer{}, err
	}
	return a, store.Forms.Delete(r.tx, act.Form)
}

// values are checked answers: of fields that the form has, of options that it
// offered, no longer than allowed.
type values map[string][]string

func (v values) get(name string) string {
	if len(v[name]) == 0 {
		return ""
	}
	return v[name][0]
}

func check(lang text.Lang, form chat.Form, sent map[string][]string) (values, map[string]string) {
	clean := values{}
	problems := map[string]string{}
	for _, f := range form.Fields {
		var answers []string
		for _, value := range sent[f.Name] {
			if tidy(value) != "" {
				answers = append(answers, strings.TrimSpace(strings.ToValidUTF8(value, "")))
			}
		}
		if f.Kind != chat.Many && len(answers) > 1 {
			answers = answers[:1]
		}
		if len(answers) == 0 && !f.Optional {
			problems[f.Name] = lang.Say("problem.required")
		}
		for _, value := range answers {
			switch f.Kind {
			case chat.One, chat.Many:
				if !slices.ContainsFunc(f.Options, func(o chat.Option) bool { return o.Key == value }) {
					problems[f.Name] = lang.Say("problem.option")
				}
			default:
				if n := len([]rune(value)); n > f.Limit() {
					problems[f.Name] = lang.Say("problem.long", "n", n, "max", f.Limit())
				}
			}
		}
		clean[f.Name] = answers
	}
	return clean, problems
}

// pressed counts only on a post of ours, and only for a button that its newest
// body has.
func (r *Request) pressed(act chat.Pressed) (answer, error) {
	post, found, err := outbox.Lookup(r.tx, r.event.Platform, r.event.Workspace, act.Post)
	if err != nil {
		return answer{}, err
	}
	if !found { // not ours, or so new that we have yet to hear where it went
		return answer{}, team.Wrong("", "button.early")
	}
	if post.To.User == "" && post.To.Channel != r.event.Channel || post.To.User != "" && post.To.User != r.event.User.ID {
		return answer{}, team.Wrong("", "button.gone")
	}
	name, subject, _ := strings.Cut(act.Do, " ")
	if !hasButton(post.Body, act.Do) && !presses[name].late {
		return answer{}, r.buttonGone(act.Do)
	}
	if name == view.AtHome {
		do, err := r.atHome(subject)
		if err != nil {
			return answer{}, err
		}
		name, subject, _ = strings.Cut(do, " ")
	} else if err := r.locate(); err != nil {
		return answer{}, err
	}
	press, found := presses[name]
	if !found {
		return answer{}, team.Wrong("", "button.gone")
	}
	return press.run(r, subject)
}

func hasButton(body chat.Message, do string) bool {
	for _, block := range body {
		if slices.ContainsFunc(block.Buttons, func(b chat.Button) bool { return b.Do == do }) {
			return true
		}
	}
	return false
}

// maxTeam is from how many people on a channel is no kernteam's: nothing about
// them is kept, and nobody in it counts as a member.
const maxTeam = 200

// roster makes the kernteam's members who is in its channel now. A channel
// without one is greeted, once.
func (r *Request) roster(act chat.Roster) error {
	e := r.event
	people := act.People
	if len(people) > maxTeam {
		people = nil
	}
	if err := store.Rosters.Put(r.tx, people, e.Platform, e.Workspace, e.Channel); err != nil {
		return err
	}
	k, found, err := store.At(r.tx, e.Platform, e.Workspace, e.Channel)
	if err != nil {
		return err
	}
	if !found && len(people) == 0 {
		return nil
	}
	if !found {
		return r.greet()
	}
	r.in(k)
	return r.enroll(people)
}

func (r *Request) enroll(people []chat.Person) error {
	members, err := r.members()
	if err != nil {
		return err
	}
	changed := false
	here := make(map[string]bool, len(people))
	for _, p := range people {
		here[p.ID] = true
		old := members[p.ID]
		now := known(old, p)
		if now == old {
			continue
		}
		members[p.ID], r.news, changed = now, true, true
		if err := store.PutMember(r.tx, r.team, now); err != nil {
			return err
		}
	}
	for user, m := range members {
		if here[user] || !m.Here {
			continue
		}
		m.Here, changed = false, true
		members[user] = m
		if err := store.PutMember(r.tx, r.team, m); err != nil {
			return err
		}
		if err := r.did("member.left", "member "+user); err != nil {
			return err
		}
		if err := r.revokeFeed(""); err != nil { // who left has the address
			return err
		}
		if err := cmp.Or(r.left(user), r.unsay(r.coverID(user, m.Cover))); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	return r.retakeTurns()
}

// subject reads the numbers behind a button's verb.
func subject(s string) []int {
	var nrs []int
	for field := range strings.FieldsSeq(s) {
		if n, err := strconv.Atoi(field); err == nil {
			nrs = append(nrs, n)
		}
	}
	return nrs
}

var locations sync.Map // name -> *time.Location; time.LoadLocation reads its data anew each time

// zone is the named time zone, or Amsterdam's when there is no such zone.
func zone(name string) *time.Location {
	if loc, found := locations.Load(name); found {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" {
		if loc, err = time.LoadLocation("Europe/Amsterdam"); err != nil {
			panic("command: no time zone data: " + err.Error())
		}
	}
	locations.Store(name, loc)
	return loc
}

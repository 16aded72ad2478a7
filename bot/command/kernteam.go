package command

import (
	"slices"
	"strings"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// arrived greets a channel that the bot was added to.
func (r *Request) arrived() (answer, error) {
	if err := r.locate(); err != nil || r.team.ID != "" {
		return answer{}, err
	}
	return answer{}, r.greet()
}

// greet offers a channel to set up its kernteam; once, however often the bot
// comes and goes.
func (r *Request) greet() error {
	return outbox.Put(r.tx, chat.Post{
		Key:  r.greetingKey(),
		To:   chat.To{Platform: r.event.Platform, Workspace: r.event.Workspace, Channel: r.event.Channel},
		Body: view.Greeting(r.lang),
	})
}

func (r *Request) greetingKey() string {
	return "greeting/" + r.event.Platform + "/" + r.event.Workspace + "/" + r.event.Channel
}

func pressSetUp(r *Request, _ string) (answer, error) {
	if r.team.ID != "" {
		return answer{}, team.Wrong("", "team.there", "team", r.team.Name)
	}
	return r.setUp()
}

// setUp opens the set-up form for a channel without a kernteam, with what led
// to it above.
func (r *Request) setUp(why ...chat.Block) (answer, error) {
	people, _, err := store.Rosters.Get(r.tx, r.event.Platform, r.event.Workspace, r.event.Channel)
	if err != nil {
		return answer{}, err
	}
	people = withPerson(people, r.event.User)
	k := team.Kernteam{SchoolType: team.Primary, Lang: string(r.lang), Chair: r.event.User.ID}
	a := r.ask("team.set", 0, r.teamForm(k, people))
	a.body = why
	return a, nil
}

func withPerson(people []chat.Person, p chat.Person) []chat.Person {
	if slices.ContainsFunc(people, func(q chat.Person) bool { return q.ID == p.ID }) {
		return people
	}
	return append(slices.Clone(people), p)
}

func (r *Request) teamForm(k team.Kernteam, people []chat.Person) chat.Form {
	return r.form("team",
		r.fill("team", "naam", k.Name, 60),
		r.fill("team", "school", k.School, 80),
		r.fill("team", "gemeente", k.Municipality, 60),
		r.choose("team", "soort", options(r.lang, "schooltype.", team.SchoolTypes), string(k.SchoolType)),
		r.choose("team", "regio", options(r.lang, "region.", team.Regions), string(k.Region)),
		r.choose("team", "taal", options(r.lang, "lang.", text.Langs), k.Lang),
		r.choose("team", "voorzitter", persons(people), k.Chair),
		optional(r.choose("team", "contact", append([]chat.Option{{Key: noContact, Label: r.lang.Say("contact.none")}}, persons(people)...), contactAmong(people, k.Contact))),
	)
}

// noContact is the answer that the kernteam has no contact person.
const noContact = "-"

func contactAmong(people []chat.Person, user string) string {
	if slices.ContainsFunc(people, func(p chat.Person) bool { return p.ID == user }) {
		return user
	}
	return noContact
}

func teamSubmitted(r *Request, _ int, v values) (answer, error) {
	if err := r.guardNames(v, "naam", "school", "gemeente"); err != nil {
		return answer{}, err
	}
	if r.team.ID == "" {
		// Somebody else may have set it up while this form was open.
		if err := r.locate(); err != nil {
			return answer{}, err
		}
		if r.team.ID != "" {
			return answer{}, team.Wrong("", "team.there", "team", r.team.Name)
		}
		people, heard, err := store.Rosters.Get(r.tx, r.event.Platform, r.event.Workspace, r.event.Channel)
		if err != nil {
			return answer{}, err
		}
		if heard && !slices.ContainsFunc(people, func(p chat.Person) bool { return p.ID == r.event.User.ID }) {
			return answer{}, team.Wrong("", "notmember")
		}
		return r.founded(v)
	}
	if err := r.forChair(); err != nil {
		return answer{}, err
	}
	was := r.team
	k := settings(r.team, v)
	if err := r.stillHere(k); err != nil {
		return answer{}, err
	}
	if err := store.PutKernteam(r.tx, k); err != nil {
		return answer{}, err
	}
	if err := r.did("team.settings", "team"); err != nil {
		return answer{}, err
	}
	r.in(k)
	if k.Region != was.Region {
		if _, err := r.rearrange(); err != nil {
			return answer{}, err
		}
	}
	if k.Chair != was.Chair {
		return r.newChair(r.member(k.Chair))
	}
	return answer{body: r.say("team.saved")}, nil
}

// stillHere refuses a chair or contact person who left while the form was open.
func (r *Request) stillHere(k team.Kernteam) error {
	for field, user := range map[string]string{"voorzitter": k.Chair, "contact": k.Contact} {
		if user != "" && !r.member(user).Here {
			return team.Wrong(field, "who.gone", "name", r.view().Name(user))
		}
	}
	return nil
}

// guardNames is guard for fields that name people and places by right.
func (r *Request) guardNames(v values, fields ...string) error {
	r.noName = true
	var passages []passage
	for _, f := range fields {
		passages = append(passages, passage{f, v.get(f)})
	}
	return r.guard(passages...)
}

func settings(k team.Kernteam, v values) team.Kernteam {
	k.Name = line(v.get("naam"))
	k.School = line(v.get("school"))
	k.Municipality = line(v.get("gemeente"))
	k.SchoolType = team.SchoolType(v.get("soort"))
	k.Region = team.Region(v.get("regio"))
	k.Lang = v.get("taal")
	k.Chair = v.get("voorzitter")
	k.Contact = strings.TrimPrefix(v.get("contact"), noContact)
	return k
}

// founded makes the kernteam of a channel.
func (r *Request) founded(v values) (answer, error) {
	e := r.event
	k := settings(team.Kernteam{
		ID: nonce(6), Platform: e.Platform, Workspace: e.Workspace, Channel: e.Channel,
		Zone: "Europe/Amsterdam", Minutes: 75, Created: r.now.UTC(),
	}, v)
	if err := store.PutKernteam(r.tx, k); err != nil {
		return answer{}, err
	}
	r.in(k)
	people, _, err := store.Rosters.Get(r.tx, e.Platform, e.Workspace, e.Channel)
	if err != nil {
		return answer{}, err
	}
	if err := r.enroll(withPerson(people, e.User)); err != nil {
		return answer{}, err
	}
	if err := r.stillHere(k); err != nil {
		return answer{}, err
	}
	r.me = r.member(e.User.ID)
	if err := r.did("team.make", "team"); err != nil {
		return answer{}, err
	}
	if err := r.refresh(r.greetingKey(), view.Greeted(r.lang)); err != nil {
		return answer{}, err
	}
	if err := r.timeWeekly(); err != nil {
		return answer{}, err
	}
	if err := r.post("team/"+k.ID, "", r.view().Founded()); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("team.made", "name", k.Name)}, nil
}

func teamSettings(r *Request, _ string) (answer, error) {
	people, err := r.people()
	if err != nil {
		return answer{}, err
	}
	return r.ask("team.set", 0, r.teamForm(r.team, people)), nil
}

// people are the members in the channel now, by name.
func (r *Request) people() ([]chat.Person, error) {
	members, err := r.here()
	if err != nil {
		return nil, err
	}
	people := make([]chat.Person, len(members))
	for i, m := range members {
		people[i] = chat.Person{ID: m.User, Handle: m.Handle, Name: r.view().Name(m.User)}
	}
	return people, nil
}

// here are the members in the channel now, by name.
func (r *Request) here() ([]team.Member, error) {
	members, err := r.members()
	if err != nil {
		return nil, err
	}
	var list []team.Member
	for _, m := range members {
		if m.Here {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b team.Member) int {
		return strings.Compare(fold(a.Name)+a.User, fold(b.Name)+b.User)
	})
	return list, nil
}

func teamOverview(r *Request) (answer, error) {
	members, err := r.here()
	if err != nil {
		return answer{}, err
	}
	next, _, err := r.nextMeeting()
	if err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Kernteam(members, next)}, nil
}

func teamUnclear(r *Request, typed string) (answer, error) {
	return answer{}, unclear("kernteam", typed, "wie")
}

// unclear is for a line that starts with none of the command's words.
func unclear(command, typed, verb string) *team.Problem {
	word, _ := firstWord(typed)
	return team.Wrong("", "verb", "understood", word, "command", "/"+command, "example", "/"+command+" "+verb)
}

func teamWho(r *Request, _ string) (answer, error) {
	members, err := r.here()
	if err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Who(members, r.today())}, nil
}

// roleWords are what people call the roles, folded.
var roleWords = map[team.Role][]string{
	team.IB:           {"ib", "ib'er", "iber", "intern begeleider", "kc", "kc'er", "kwaliteitscoordinator", "internal supervisor"},
	team.Teacher:      {"leerkracht", "leraar", "juf", "meester", "mentor", "teacher"},
	team.Head:         {"directeur", "schoolleider", "head", "principal"},
	team.CJG:          {"cjg", "cjg-coach", "jeugdcoach", "youth coach"},
	team.SocialWork:   {"smw", "schoolmaatschappelijk werk", "maatschappelijk werk", "social work", "school social work"},
	team.Health:       {"jgz", "jeugdverpleegkundige", "jeugdarts", "schoolarts", "ggd", "jeugdgezondheidszorg", "school nurse", "nurse"},
	team.Municipality: {"gemeente", "contactpersoon gemeente", "municipality"},
	team.SWV:          {"swv", "swv-begeleider", "consulent", "samenwerkingsverband"},
	team.PreschoolPro: {"voorschool", "pedagogisch medewerker", "preschool"},
	team.OtherRole:    {"anders", "andere rol", "other", "other role"},
}

// cutRole takes a role off the front of a text, the longest name that fits.
func cutRole(s string) (role team.Role, rest string) {
	folded, longest := fold(s), 0
	for candidate, words := range roleWords {
		for _, w := range words {
			if len(w) > longest && (folded == w || strings.HasPrefix(folded, w+" ")) {
				role, longest = candidate, len(w)
			}
		}
	}
	if longest == 0 {
		return team.NoRole, s
	}
	// Folding may change the length of what it folds, never the number of words.
	words := strings.Fields(s)
	return role, strings.Join(words[len(strings.Fields(folded[:longest])):], " ")
}

func teamRole(r *Request, typed string) (answer, error) {
	m := r.me
	typed = line(typed)
	if typed == "" {
		return teamCard(r, "")
	}
	handle, rest := cutMention(typed)
	if handle != "" {
		var err error
		if m, err = r.who(handle); err != nil {
			return answer{}, err
		}
	}
	if m.User != r.me.User && !r.isChair() && r.hasChair() {
		return answer{}, team.Wrong("", "role.other", "chair", r.view().Name(r.team.Chair))
	}
	if isWord(rest, "voorzitter", "chair") {
		if err := r.forChair(); err != nil {
			return answer{}, err
		}
		return r.newChair(m)
	}
	role, org := cutRole(rest)
	if role == team.NoRole {
		return answer{}, team.Wrong("rol", "role", "understood", rest, "roles", strings.Join(roleNames(r.lang), ", "),
			"example", "/kernteam rol @"+m.Handle+" ib")
	}
	m.Role = role
	if err := r.guardNames(values{"": {org}}, ""); err != nil {
		return answer{}, err
	}
	if org != "" {
		m.Org = cut(org, 60)
	}
	if err := r.putMember(m); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("role.set", "name", r.view().Name(m.User), "role", r.view().Role(m))}, nil
}

func (r *Request) newChair(m team.Member) (answer, error) {
	r.team.Chair = m.User
	if err := store.PutKernteam(r.tx, r.team); err != nil {
		return answer{}, err
	}
	if err := r.did("team.chair", "member "+m.User); err != nil {
		return answer{}, err
	}
	if err := r.retakeTurns(); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("role.chair", "name", r.view().Name(m.User))}, r.notice(r.view().NewChair(m))
}

func (r *Request) putMember(m team.Member) error {
	if r.known != nil {
		r.known[m.User] = m
	}
	if err := store.PutMember(r.tx, r.team, m); err != nil {
		return err
	}
	return r.did("member.change", "member "+m.User)
}

func roleNames(lang text.Lang) []string {
	var names []string
	for _, role := range team.Roles {
		names = append(names, lang.Say("role."+string(role)))
	}
	return names
}

// teamCard is the form for what the others may know of me.
func teamCard(r *Request, _ string) (answer, error) {
	role := r.choose("card", "rol", options(r.lang, "role.", team.Roles), string(r.me.Role))
	return r.ask("team.card", 0, r.form("card",
		role,
		optional(r.fill("card", "organisatie", r.me.Org, 60)),
		optional(r.write("card", "wat", r.me.Does, 300)),
		optional(r.fill("card", "bereik", r.me.Reach, 100)),
	)), nil
}

func cardSubmitted(r *Request, _ int, v values) (answer, error) {
	if err := r.guardNames(v, "organisatie", "wat"); err != nil {
		return answer{}, err
	}
	m := r.me
	m.Role = team.Role(v.get("rol"))
	m.Org, m.Does, m.Reach = line(v.get("organisatie")), line(v.get("wat")), line(v.get("bereik"))
	if err := r.putMember(m); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("card.saved")}, nil
}

// teamWorkAgenda lists what the kernteam does that is not about one child.
func teamWorkAgenda(r *Request, _ string) (answer, error) {
	open, err := store.OpenActions(r.tx, r.team.ID)
	if err != nil {
		return answer{}, err
	}
	open = slices.DeleteFunc(open, func(a team.Action) bool { return a.Code != "" })
	return answer{body: r.view().WorkAgenda(open, r.today())}, nil
}

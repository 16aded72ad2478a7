package command

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"kansbot/internal/chat"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// assign gives the jobs of a planned meeting that nobody has, or that who has
// them cannot do, to whose turn it is: the last time is longest ago, then that
// of either job, then by name. Nobody has both. A meeting that begins now is led
// by who begins it. Who cannot come stands in for nobody, and nobody for who
// left.
func (r *Request) assign(m *team.Meeting) error {
	able, err := r.here()
	if err != nil {
		return err
	}
	able = slices.DeleteFunc(able, func(who team.Member) bool { return !m.Comes(who, r.day(*m)) })
	open, err := store.OpenMeetings(r.tx, r.team.ID)
	if err != nil {
		return err
	}
	// What somebody is to do already counts as done.
	led, noted := map[string]int{}, map[string]int{}
	for _, other := range open {
		if other.Nr != m.Nr {
			led[other.Chair], noted[other.Notes] = max(led[other.Chair], other.Nr), max(noted[other.Notes], other.Nr)
		}
	}
	lastLed := func(who team.Member) int { return max(who.Led, led[who.User]) }
	lastNoted := func(who team.Member) int { return max(who.Noted, noted[who.User]) }
	next := func(last func(team.Member) int, without string) string {
		others := slices.DeleteFunc(slices.Clone(able), func(who team.Member) bool { return who.User == without })
		if len(others) == 0 {
			return ""
		}
		return slices.MinFunc(others, func(a, b team.Member) int {
			return cmp.Or(last(a)-last(b), max(lastLed(a), lastNoted(a))-max(lastLed(b), lastNoted(b)))
		}).User
	}
	m.Chair, m.Notes, m.Stands = among(able, m.Chair), among(able, m.Notes), maps.Clone(m.Stands)
	maps.DeleteFunc(m.Stands, func(user, instead string) bool {
		return among(able, instead) == "" || !r.member(user).Here
	})
	if m.Chair == "" && r.team.Turns == team.AllTurns {
		if !m.Start.After(r.now) {
			m.Chair = among(able, r.me.User)
		}
		m.Chair = cmp.Or(m.Chair, next(lastLed, m.Notes), m.Notes)
	}
	leader := m.Leader(r.team)
	if m.Notes == leader {
		m.Notes = ""
	}
	if m.Notes == "" && r.team.Turns != team.NoTurns {
		m.Notes = next(lastNoted, leader)
	}
	return nil
}

// among is the user when they are one of the members, else nobody.
func among(members []team.Member, user string) string {
	if slices.ContainsFunc(members, func(who team.Member) bool { return who.User == user }) {
		return user
	}
	return ""
}

// keepPeople saves a meeting after something changed in who comes, who leads or
// who writes. While it is planned, a job that somebody cannot do goes to the
// next; what was posted shows it, and who has a new job hears of it.
func (r *Request) keepPeople(was, m team.Meeting) (team.Meeting, error) {
	if m.Status == team.Planned {
		if err := r.assign(&m); err != nil {
			return m, err
		}
	}
	if err := r.warnAnew(m); err != nil {
		return m, err
	}
	if err := r.keepMeeting(m); err != nil {
		return m, err
	}
	if err := r.refreshMeeting(m); err != nil {
		return m, err
	}
	return m, r.tellPeople(was, m)
}

// tellPeople tells who stands in or has a job other than before.
func (r *Request) tellPeople(was, m team.Meeting) error {
	if err := r.tellStands(was, m); err != nil {
		return err
	}
	for _, job := range team.Jobs {
		before, now := r.holder(was, job), r.holder(m, job)
		_, waits, err := r.told(r.turnID(m, job, now))
		if err == nil && before != now {
			err = r.unsay(r.turnID(m, job, before))
		}
		if err == nil && (before != now || waits) {
			err = r.passOn(m, job, now)
		}
		if err != nil {
			return err
		}
	}
	return r.refreshTurns(m)
}

// passedOn is the meeting after who cannot come any more gave up what they had.
func (r *Request) passedOn(m team.Meeting) (team.Meeting, error) {
	now := m
	if err := r.assign(&now); err != nil || now.Chair == m.Chair && now.Notes == m.Notes && maps.Equal(now.Stands, m.Stands) {
		return m, err
	}
	return r.keepPeople(m, now)
}

// passOn tells who has a job now: when they may hear of it, and by their card
// alone when that is for the same day.
func (r *Request) passOn(m team.Meeting, job team.Job, now string) error {
	if m.Status != team.Planned {
		return r.refreshCards(m)
	}
	id, at, key := r.turnID(m, job, now), r.hears(m), r.cardKey(m, job, now)
	_, had, err := outbox.Get(r.tx, key)
	if err != nil {
		return err
	}
	carded := !had && !r.knows(job, now) && slices.ContainsFunc(r.stepsLeft(m), func(step schedule.Step) bool {
		return step.Kind != schedule.StepPoints && team.DateOf(step.At) == team.DateOf(at)
	})
	switch {
	case now == "" || now == r.me.User || carded && at.After(r.now):
		return r.unsay(id)
	case (carded || !had && m.HasSent(schedule.StepAgenda)) && !at.After(r.now):
		return cmp.Or(r.unsay(id), r.direct(key, now, r.view().Card(m, job)))
	}
	return r.tell(id, now, m, r.view().Turn(m, job))
}

func (r *Request) turnID(m team.Meeting, job team.Job, user string) string {
	return r.key("turn", m.Nr, string(job), user)
}

func (r *Request) holder(m team.Meeting, job team.Job) string {
	return m.Holder(job, r.team, r.member, r.day(m))
}

// sendCards tells who has a job what it is, once.
func (r *Request) sendCards(m team.Meeting) error {
	if !r.mayHear(m) {
		return nil
	}
	for _, job := range team.Jobs {
		user := r.holder(m, job)
		if user == "" || r.knows(job, user) {
			continue
		}
		if err := r.direct(r.cardKey(m, job, user), user, r.view().Card(m, job)); err != nil {
			return err
		}
	}
	return nil
}

// knows: somebody needs no card for a job that does not go round and that they
// have done before.
func (r *Request) knows(job team.Job, user string) bool {
	who := r.member(user)
	if job == team.Notes {
		return r.team.Turns == team.NoTurns && who.Noted != 0
	}
	return r.team.Turns != team.AllTurns && who.Led != 0
}

func (r *Request) cardKey(m team.Meeting, job team.Job, user string) string {
	return r.key("job", m.Nr, strconv.Itoa(m.Round), string(job), user)
}

// refreshCards brings the cards up to date, of who has a job and of who had it.
func (r *Request) refreshCards(m team.Meeting) error {
	return r.renewCards(m, func(job team.Job, user string) chat.Message {
		if user == r.holder(m, job) && m.Status != team.Skipped {
			return r.view().Card(m, job)
		}
		return r.notTheirs(m, job)
	})
}

// notTheirs is what somebody reads who had a job.
func (r *Request) notTheirs(m team.Meeting, job team.Job) chat.Message {
	if m.Status == team.Skipped {
		return r.view().NotHeld(m, r.now)
	}
	return r.view().TakenOver(m, job)
}

// renewCards gives each card of a meeting that was sent what it should say.
func (r *Request) renewCards(m team.Meeting, body func(team.Job, string) chat.Message) error {
	members, err := r.members()
	if err != nil {
		return err
	}
	for _, user := range slices.Sorted(maps.Keys(members)) {
		for _, job := range team.Jobs {
			if err := r.renew(r.cardKey(m, job, user), body(job, user)); err != nil {
				return err
			}
		}
	}
	return nil
}

// refreshTurns brings up to date what people were told of their jobs. Only the
// last that somebody heard of one says that it is theirs.
func (r *Request) refreshTurns(m team.Meeting) error {
	members, err := r.members()
	if err != nil {
		return err
	}
	for _, user := range slices.Sorted(maps.Keys(members)) {
		for _, job := range team.Jobs {
			id, body := r.turnID(m, job, user), r.notTheirs(m, job)
			n, _, err := r.told(id)
			for nth := 1; nth <= n && err == nil; nth++ {
				if nth == n && user == r.holder(m, job) && m.Status != team.Skipped {
					body = r.view().Turn(m, job)
				}
				err = r.renew(toldKey(id, nth), body)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// retakeTurns brings every meeting to come in line with who can do what.
func (r *Request) retakeTurns() error {
	return r.retake(func(m team.Meeting) team.Meeting { return m })
}

// dropTurns does so after the rules of the turns changed: what others decide by
// now is nobody's until they do.
func (r *Request) dropTurns() error {
	return r.retake(func(m team.Meeting) team.Meeting {
		if r.team.Turns != team.AllTurns {
			m.Chair = ""
		}
		if r.team.Turns == team.NoTurns {
			m.Notes = ""
		}
		return m
	})
}

func (r *Request) retake(change func(team.Meeting) team.Meeting) error {
	planned, err := r.toCome()
	if err != nil {
		return err
	}
	for _, m := range planned {
		if _, err := r.keepPeople(m, change(m)); err != nil {
			return err
		}
	}
	return nil
}

// served notes whose turn it was, when a meeting is over.
func (r *Request) served(m team.Meeting) error {
	members, err := r.members()
	if err != nil {
		return err
	}
	for _, job := range team.Jobs {
		user := m.Whose(job, r.team)
		who, found := members[user]
		if !found {
			continue
		}
		if job == team.Chair {
			who.Led = max(who.Led, m.Nr)
		} else {
			who.Noted = max(who.Noted, m.Nr)
		}
		members[user] = who
		if err := store.PutMember(r.tx, r.team, who); err != nil {
			return err
		}
	}
	return nil
}

// meetingSwap gives a job to somebody else: "ruil @bram", and when it is not
// clear which, "ruil notulist @bram". When that one has the other job, the two
// change places.
func meetingSwap(r *Request, typed string) (answer, error) {
	m, err := r.current()
	if err != nil {
		return answer{}, err
	}
	word, rest := firstWord(line(typed))
	var job team.Job
	switch {
	case isWord(word, "voorzitter", "chair"):
		job = team.Chair
	case isWord(word, "notulist", "notulen", "notes", "minutes"):
		job = team.Notes
	default:
		rest = line(typed)
	}
	handle, _ := cutMention(rest)
	if handle == "" {
		return answer{}, team.Wrong("wie", "swap.who", "example", "/kansoverleg ruil @wie")
	}
	to, err := r.who(handle)
	if err != nil {
		return answer{}, err
	}
	if job == "" {
		if job, err = r.myJob(m, handle); err != nil {
			return answer{}, err
		}
	}
	return r.swap(m, job, to)
}

// myJob is the one job that the asker has.
func (r *Request) myJob(m team.Meeting, handle string) (team.Job, error) {
	for _, job := range team.Jobs {
		if r.holder(m, job) == r.me.User {
			return job, nil
		}
	}
	return "", team.Wrong("", "swap.which", "when", r.view().When(m.Start), "example", "/kansoverleg ruil "+r.lang.Say("swap.chair")+" @"+handle)
}

func (r *Request) swap(m team.Meeting, job team.Job, to team.Member) (answer, error) {
	from := r.holder(m, job)
	switch {
	case from == to.User:
		return answer{body: r.view().HasJob(m, job)}, nil
	case from != "" && from != r.me.User && !r.isChair():
		return answer{}, team.Wrong("", "swap.other", "name", r.view().Name(from))
	case !m.Comes(to, r.day(m)):
		return answer{}, team.Wrong("wie", "swap.absent", "name", r.view().Name(to.User))
	}
	was := m
	if job == team.Chair {
		m.Chair = to.User
		if m.Notes == to.User {
			m.Notes = from
		}
	} else {
		if m.Leader(r.team) == to.User {
			m.Chair = from
		}
		m.Notes = to.User
	}
	m, err := r.keepPeople(was, m)
	if err != nil {
		return answer{}, err
	}
	if r.holder(m, job) != to.User || m.Leader(r.team) == m.Notes { // with the other job to nobody but them
		return answer{}, team.Wrong("wie", "swap.both", "name", r.view().Name(to.User))
	}
	return answer{body: r.view().HasJob(m, job)}, r.did("meeting.swap", on("meeting", m.Nr))
}

// current is the meeting that is going on, else the next one.
func (r *Request) current() (team.Meeting, error) {
	if m, found, err := r.running(); err != nil || found {
		return m, err
	}
	return r.planned()
}

// pressLead makes the first who offers it the leader of a meeting without one;
// the others hear who.
func pressLead(r *Request, s string) (answer, error) {
	m, err := r.pressedMeeting(s)
	if err != nil {
		return answer{}, err
	}
	if r.holder(m, team.Chair) != "" {
		return answer{body: r.view().HasJob(m, team.Chair)}, nil
	}
	was := m
	m.Present, m.Stands = withAnswer(m.Present, r.me.User, true), maps.Clone(m.Stands)
	delete(m.Stands, r.me.User)
	m.Chair = r.me.User
	if m, err = r.keepPeople(was, m); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("lead.thanks", "when", r.view().When(m.Start))}, r.did("meeting.lead", on("meeting", m.Nr))
}

// led is a meeting that begins: while whose job it is cannot come, who begins it
// leads.
func (r *Request) led(m team.Meeting) (team.Meeting, error) {
	if !r.hasChair() && m.Chair == "" || r.holder(m, team.Chair) != "" {
		return m, nil
	}
	m.Present, m.Chair = withAnswer(m.Present, r.me.User, true), r.me.User
	return m, r.assign(&m)
}

package command

import (
	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/store"
	"kansbot/internal/text"
)

// command is one slash command. Its texts are named after it: "usage.NAME",
// "usage.NAME.hint", "usage.NAME.VERB" and so on.
type command struct {
	name     string
	alias    string
	anywhere bool // also where there is no kernteam
	verbs    []verb
	open     func(*Request) (answer, error)         // typed alone
	rest     func(*Request, string) (answer, error) // followed by anything but a verb
	pick     func(*Request, string) (answer, error) // about a message, by its text; nil when it cannot be
	examples int                                    // texts "help.NAME.1" and on
}

// verb is a word that may follow a command: the Dutch and the English one that
// suggestions and texts use, and what else people type for it.
type verb struct {
	words []string
	chair bool // for the chair only, while there is one in the channel
	run   func(*Request, string) (answer, error)
}

// commands is the one list of what people can type. Help, the platforms'
// suggestions and the registration of commands all come from it.
var commands []command

// forms, presses and dues are where a sent form, a pressed button and a due
// moment go.
var (
	forms   map[string]func(*Request, int, values) (answer, error)
	presses map[string]press
	dues    map[string]func(*Request, store.Due) error
)

// press is what a button does. One that counts late answers by itself when the
// button is gone already: of five who press at once, each hears how it went.
type press struct {
	run  func(*Request, string) (answer, error)
	late bool
}

// The tables refer to functions that refer to the tables, hence init.
func init() {
	commands = []command{
		{
			name: "signaal", alias: "signal",
			open: signalForm, rest: signalTyped, pick: signalPicked, examples: 6,
			verbs: []verb{
				{words: []string{"lijst", "list"}, run: signalList},
				{words: []string{"toon", "show"}, run: signalShow},
				{words: []string{"wijzig", "edit", "change"}, run: signalChange},
				{words: []string{"intrekken", "withdraw"}, run: signalWithdraw},
				{words: []string{"toestemming", "consent"}, run: caseConsent},
			},
		},
		{
			name: "kansoverleg", alias: "meeting",
			open: meetingOverview, rest: meetingUnclear, examples: 9,
			verbs: []verb{
				{words: []string{"plan", "schedule", "plannen"}, run: meetingPlan},
				{words: []string{"eenmalig", "once"}, run: meetingOnce},
				{words: []string{"agenda"}, run: meetingAgenda},
				{words: []string{"punt", "point"}, run: meetingPoint},
				{words: []string{"verzet", "move", "verplaats", "verzetten"}, run: meetingMove},
				{words: []string{"overslaan", "skip", "annuleren", "cancel"}, run: meetingSkip},
				{words: []string{"aanwezig", "attending", "aanmelden", "erbij"}, run: meetingComing},
				{words: []string{"afwezig", "absent", "afmelden", "away"}, run: meetingAway},
				{words: []string{"ruil", "swap"}, run: meetingSwap},
				{words: []string{"kies", "choose"}, run: meetingChoose},
				{words: []string{"start", "begin"}, run: meetingStart},
				{words: []string{"doel", "goal"}, run: meetingGoal},
				{words: []string{"afronden", "finish", "stop", "einde", "end"}, run: meetingFinish},
				{words: []string{"verslag", "minutes", "notulen"}, run: meetingMinutes},
				{words: []string{"kalender", "calendar"}, run: meetingCalendar},
				{words: []string{"scherm", "screen"}, run: meetingScreen},
				{words: []string{"evaluatie", "evaluation"}, run: meetingEvaluate},
				{words: []string{"instellen", "settings"}, chair: true, run: meetingSettings},
			},
		},
		{
			name: "actie", alias: "action",
			open: actionForm, rest: actionTyped, pick: actionPicked, examples: 6,
			verbs: []verb{
				{words: []string{"lijst", "list"}, run: actionList},
				{words: []string{"mijn", "mine"}, run: actionMine},
				{words: []string{"klaar", "done", "gedaan"}, run: actionDone},
				{words: []string{"uitstel", "postpone", "uitstellen", "schuif"}, run: actionPostpone},
				{words: []string{"later", "snooze"}, run: actionLater},
				{words: []string{"hulp", "assist"}, run: actionHelp},
				{words: []string{"geef", "give", "doorgeven"}, run: actionGive},
				{words: []string{"hielp", "helped"}, run: actionHelped},
				{words: []string{"open", "reopen"}, run: actionReopen},
			},
		},
		{
			name: "kernteam", alias: "team",
			open: teamOverview, rest: teamUnclear, examples: 9,
			verbs: []verb{
				{words: []string{"wie", "who"}, run: teamWho},
				{words: []string{"rol", "role"}, run: teamRole},
				{words: []string{"ik", "me"}, run: teamCard},
				{words: []string{"instellen", "settings"}, chair: true, run: teamSettings},
				{words: []string{"vrij", "free"}, run: teamFree},
				{words: []string{"weg", "away"}, run: teamAway},
				{words: []string{"terug", "back"}, run: teamBack},
				{words: []string{"stil", "mute"}, run: teamMute},
				{words: []string{"werkagenda", "workagenda"}, run: teamWorkAgenda},
				{words: []string{"tevreden", "satisfied"}, run: teamOpinion},
			},
		},
		{
			name: "begrip", alias: "term", anywhere: true,
			open: termOverview, rest: termLookup, examples: 2,
		},
	}
	forms = map[string]func(*Request, int, values) (answer, error){
		"team.set":        teamSubmitted,
		"team.card":       cardSubmitted,
		"team.opinion":    opinionSubmitted,
		"signal.log":      signalSubmitted,
		"signal.change":   signalChanged,
		"signal.mend":     signalMended,
		"meeting.plan":    planSubmitted,
		"goal.set":        goalSubmitted,
		"meeting.set":     meetingSubmitted,
		"action.make":     actionSubmitted,
		"action.postpone": postponeSubmitted,
		"evaluate":        evaluationSubmitted,
		"action.hand":     handSubmitted,
	}
	presses = map[string]press{
		"team.set":        {run: pressSetUp},
		"meeting.in":      {run: pressComing, late: true},
		"meeting.out":     {run: pressAway, late: true},
		"meeting.lead":    {run: pressLead, late: true},
		"meeting.start":   {run: pressStart, late: true},
		"meeting.on":      {run: pressGoesOn},
		"meeting.off":     {run: pressOff},
		"agenda.choose":   {run: pressChoose},
		"meeting.keep":    {run: pressKeep},
		"meeting.drop":    {run: pressNotNow},
		"meeting.finish":  {run: pressFinish},
		"meeting.paper":   {run: pressPaper},
		"minutes.file":    {run: pressFile},
		"minutes.parents": {run: pressParents},
		"item.next":       {run: pressNext},
		"item.done":       {run: pressDiscussed},
		"item.carry":      {run: pressCarry},
		"item.goal":       {run: pressGoal},
		"item.action":     {run: pressCaseAction},
		"item.pays":       {run: pressPays},
		"item.read":       {run: pressRead},
		"item.show":       {run: pressShow},
		"item.hide":       {run: pressHide},
		"item.more":       {run: pressMore},
		"action.done":     {run: pressDone},
		"action.postpone": {run: pressPostpone},
		"action.help":     {run: pressHelp},
		"evaluate.ask":    {run: pressEvaluate},
		"action.later":    {run: pressLater},
		"action.take":     {run: pressTake},
		"action.hand":     {run: pressHand},
		"action.callback": {run: pressCallback},
	}
	dues = map[string]func(*Request, store.Due) error{
		"form":     formGone,
		"seen":     housekeeping,
		"meeting":  meetingDue,
		"action":   actionDue,
		"evaluate": evaluationDue,
		"erase":    eraseDue,
		lateDue:    itemLate,
		tellDue:    tellNow,
		homesDue:   homesChange,
		homeDue:    homeChanges,
		summerDue:  beforeSummer,
		leftDue:    hasLeft,
		weeklyDue:  weekly,
		weekDue:    weekFor,
	}
}

func commandNamed(name string) (command, bool) {
	for _, c := range commands {
		if isWord(name, c.name, c.alias) {
			return c, true
		}
	}
	return command{}, false
}

// Usages describes the commands to platforms.
func Usages(lang text.Lang) []chat.Usage {
	var list []chat.Usage
	for _, c := range commands {
		u := chat.Usage{
			Command: c.name,
			Hint:    lang.Say("usage." + c.name + ".hint"),
			About:   lang.Say("usage." + c.name),
		}
		if c.pick != nil {
			u.Pick = lang.Say("usage." + c.name + ".pick")
		}
		for _, v := range c.verbs {
			id := "usage." + c.name + "." + v.words[0]
			verb := chat.Verb{Word: v.word(lang), About: lang.Say(id)}
			if lang.Has(id + ".hint") {
				verb.Hint = lang.Say(id + ".hint")
			}
			u.Verbs = append(u.Verbs, verb)
		}
		list = append(list, u)
	}
	return list
}

// word is the verb as a member in that language would type it.
func (v verb) word(lang text.Lang) string {
	if lang == text.EN && len(v.words) > 1 {
		return v.words[1]
	}
	return v.words[0]
}

// help is one screen: what the command is for, lines to copy, and its verbs.
func help(lang text.Lang, c command) chat.Message {
	message := chat.Message{
		view.Heading(lang, "help.title", "command", "/"+c.name),
		view.Para(lang, "usage."+c.name),
	}
	for i := range c.examples {
		message = append(message, view.Copied(lang.Say("help."+c.name+"."+string(rune('1'+i)))))
	}
	var verbs [][]chat.Span
	for _, v := range c.verbs {
		verbs = append(verbs, view.Spans(lang, "help.verb",
			"line", "/"+c.name+" "+v.word(lang), "about", lang.Say("usage."+c.name+"."+v.words[0])))
	}
	if len(verbs) > 0 {
		message = append(message, chat.Block{Kind: chat.Bullets, Items: verbs})
	}
	return message
}

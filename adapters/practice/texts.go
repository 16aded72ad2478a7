package practice

import (
	"fmt"
	"time"
)

// language is one of the two languages of the page.
type language int

const (
	dutch language = iota
	english
)

func texts(locale string) language {
	if locale == "en" {
		return english
	}
	return dutch
}

func (l language) String() string { return [...]string{"nl", "en"}[l] }

// T is the text of that name, with args filled in.
func (l language) T(name string, args ...any) string {
	text, ok := wording[name]
	if !ok {
		return name
	}
	if len(args) == 0 {
		return text[l]
	}
	return fmt.Sprintf(text[l], args...)
}

// N is the text for one of something, or for n.
func (l language) N(name string, n int, args ...any) string {
	if n == 1 {
		return l.T(name+".one", args...)
	}
	return l.T(name+".many", append([]any{n}, args...)...)
}

var weekdays = [2][7]string{
	{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
	{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
}

var months = [2][12]string{
	{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
	{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// Day is "dinsdag 12 januari 2027".
func (l language) Day(t time.Time) string {
	return fmt.Sprintf("%s %d %s %d", weekdays[l][t.Weekday()], t.Day(), months[l][t.Month()-1], t.Year())
}

// Short is "di 12 jan 08:30".
func (l language) Short(t time.Time) string {
	day, month := weekdays[l][t.Weekday()], months[l][t.Month()-1]
	cut := 2 + int(l)
	short := month[:3]
	if l == dutch && t.Month() == time.March {
		short = "mrt"
	}
	return fmt.Sprintf("%s %d %s %s", day[:cut], t.Day(), short, t.Format("15:04"))
}

// wording is all text of the page itself: Dutch, English.
var wording = map[string][2]string{
	"title":        {"Kansbot, de oefenruimte", "Kansbot, the practice room"},
	"room":         {"oefenruimte", "practice room"},
	"skip":         {"Naar het typvak", "Skip to the text box"},
	"bot":          {"Kansbot", "Kansbot"},
	"you.are":      {"Je bent nu", "You are now"},
	"you.pick":     {"Kijk mee als iemand anders", "See it as somebody else"},
	"places":       {"Gesprekken", "Conversations"},
	"direct":       {"Berichten van Kansbot", "Messages from Kansbot"},
	"direct.about": {"Deze berichten ziet alleen %s.", "Only %s sees these messages."},
	"members":      {"In dit kanaal", "In this channel"},
	"fresh.one":    {"1 nieuw", "1 new"},
	"fresh.many":   {"%d nieuw", "%d new"},

	"clock":          {"Klok", "Clock"},
	"clock.is":       {"Het is nu", "It is now"},
	"clock.hour":     {"+1 uur", "+1 hour"},
	"clock.day":      {"+1 dag", "+1 day"},
	"clock.next":     {"Naar wat er nu komt", "To what comes next"},
	"clock.next.at":  {"Hierna gebeurt er iets op %s", "Something happens next on %s"},
	"clock.none":     {"Er staat niets klaar. Zet eerst iets op de agenda.", "Nothing is planned. Put something on the agenda first."},
	"restart":        {"Opnieuw beginnen", "Start again"},
	"restart.title":  {"Opnieuw beginnen?", "Start again?"},
	"restart.text":   {"Alles wat hier is getypt en gebeurd, verdwijnt. De klok gaat terug naar het begin van het voorbeeld.", "Everything typed and done here goes away. The clock returns to the start of the example."},
	"restart.yes":    {"Ja, begin opnieuw", "Yes, start again"},
	"cancel":         {"Annuleren", "Cancel"},
	"theme.dark":     {"Donker", "Dark"},
	"theme.light":    {"Licht", "Light"},
	"language":       {"English", "Nederlands"},
	"news":           {"Ook nieuw", "Also new"},
	"news.in.one":    {"1 bericht in %s", "1 message in %s"},
	"news.in.many":   {"%d berichten in %s", "%d messages in %s"},
	"news.me.one":    {"1 bericht van Kansbot aan jou", "1 message from Kansbot to you"},
	"news.me.many":   {"%d berichten van Kansbot aan jou", "%d messages from Kansbot to you"},
	"news.to.one":    {"%s kreeg een bericht van Kansbot", "%s got a message from Kansbot"},
	"news.to.many":   {"%[2]s kreeg %[1]d berichten van Kansbot", "%[2]s got %[1]d messages from Kansbot"},
	"news.more.one":  {"en nog iemand", "and one other"},
	"news.more.many": {"en nog %d anderen", "and %d others"},

	"welcome":       {"Welkom in de oefenruimte", "Welcome to the practice room"},
	"welcome.text":  {"Hier probeer je Kansbot uit met een verzonnen kernteam. Er kan niets misgaan: alles blijft op deze computer, en je kunt altijd opnieuw beginnen.", "Try Kansbot here with an invented core team. Nothing can go wrong: everything stays on this computer, and you can always start again."},
	"welcome.type":  {"Typ een opdracht, of druk op een knop. Begin met een / en je ziet wat er kan.", "Type a command, or press a button. Begin with a / to see what there is."},
	"welcome.who":   {"Kies bij ‘Je bent nu’ een ander teamlid, en zie wat die ziet.", "Pick another team member at ‘You are now’, and see what they see."},
	"welcome.clock": {"Zet de klok vooruit, en zie wat Kansbot al die weken voor je onthoudt.", "Put the clock forward, and see what Kansbot remembers for you all those weeks."},
	"welcome.try":   {"Begin hier", "Begin here"},
	"welcome.close": {"Ik weet genoeg", "Got it"},

	"empty.channel": {"Hier is het nog stil. Typ / om te zien wat je kunt doen.", "It is still quiet here. Type / to see what you can do."},
	"empty.direct":  {"Kansbot heeft %s nog niets gestuurd. Zet de klok vooruit, of zeg hallo.", "Kansbot has not sent %s anything yet. Put the clock forward, or say hello."},
	"only.you":      {"Alleen jij ziet dit", "Only you can see this"},
	"you.typed":     {"Jij typte:", "You typed:"},
	"you.sent":      {"Jouw antwoord op: %s", "Your answer to: %s"},
	"dismiss":       {"Weghalen", "Dismiss"},
	"new":           {"nieuw", "new"},
	"new.below":     {"Nieuw bericht", "New message"},
	"edited":        {"bijgewerkt %s", "updated %s"},
	"replies.one":   {"1 antwoord", "1 reply"},
	"replies.many":  {"%d antwoorden", "%d replies"},
	"pointer.one":   {"1 antwoord erbij in ‘%s’", "1 more reply in ‘%s’"},
	"pointer.many":  {"%d antwoorden erbij in ‘%s’", "%d more replies in ‘%s’"},
	"copy.fill":     {"Zet in het typvak", "Put in the text box"},

	"line.channel": {"Typ een opdracht of een bericht in %s", "Type a command or a message in %s"},
	"line.direct":  {"Typ een opdracht of een bericht aan Kansbot", "Type a command or a message to Kansbot"},
	"line.start":   {"Typ / voor een opdracht", "Type / for a command"},
	"line.begin":   {"Begin met / voor opdrachten, met @ voor mensen.", "Begin with / for commands, with @ for people."},
	"line.keys":    {"Pijl omhoog haalt je vorige regel terug.", "Arrow up brings back your last line."},
	"send":         {"Stuur", "Send"},
	"suggestions":  {"Suggesties", "Suggestions"},

	"form.optional": {"(hoeft niet)", "(optional)"},
	"form.choose":   {"Kies …", "Choose …"},
	"form.none":     {"Geen keuze", "No choice"},
	"form.wrong":    {"Kijk nog even naar wat hieronder staat.", "Please look at the points below."},

	"unknown.command": {"De opdracht %s ken ik niet. Deze wel:", "I do not know the command %s. I do know these:"},

	"say.gone": {"Die knop of dat formulier is er niet meer. Het bericht is intussen veranderd.", "That button or form is gone. The message has changed in the meantime."},
	"say.long": {"Dat is te lang voor één regel. Maak het korter.", "That is too long for one line. Make it shorter."},
	"oops":     {"Dat lukte niet. Wat je typte staat er nog. Probeer het zo nog een keer.", "That did not work. What you typed is still there. Please try again."},
	"offline":  {"Geen verbinding met Kansbot. Draait het programma nog?", "No connection with Kansbot. Is the program still running?"},
	"heard":    {"Nieuw bericht:", "New message:"},
}

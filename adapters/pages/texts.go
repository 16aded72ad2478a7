package pages

import (
	"fmt"
	"time"
)

// language is one of the two languages of the pages.
type language string

const (
	dutch   language = "nl"
	english language = "en"
)

// String is the language as HTML names it: Dutch unless it is English.
func (l language) String() string {
	if l == english {
		return "en"
	}
	return "nl"
}

// T is the text of that name, with args filled in.
func (l language) T(name string, args ...any) string {
	text := wording[name][0]
	if l == english {
		text = wording[name][1]
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

var weekdays = [...]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"}

var months = [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}

// day is "dinsdag 12 januari 2027".
func (l language) day(t time.Time) string {
	if l == english {
		return t.Format("Monday 2 January 2006")
	}
	return fmt.Sprintf("%s %d %s %d", weekdays[t.Weekday()], t.Day(), months[t.Month()-1], t.Year())
}

// ends says until when a link works.
func (l language) ends(t time.Time) string {
	return l.T("until", l.day(t), t.Format("15:04"))
}

// wording is all text of the pages themselves: Dutch, English.
var wording = map[string][2]string{
	"until":   {"Deze link werkt tot %s om %s.", "This link works until %s at %s."},
	"careful": {"Iedereen met deze link kan dit lezen. Deel hem alleen met wie dit mag weten.", "Everyone with this link can read this. Share it only with those who may know."},
	"keep":    {"Bewaren of printen", "Save or print"},
	"pdf":     {"Als pdf, om te printen", "As PDF, to print"},
	"md":      {"Als tekst (Markdown)", "As text (Markdown)"},
	"sheet":   {"%s, pagina %d van %s", "%s, page %d of %s"},

	"gone":        {"Deze link werkt niet meer", "This link no longer works"},
	"gone.text":   {"De tijd van de link is om, of het adres klopt niet helemaal. Vraag in je kernteam om een nieuwe.", "The link’s time is up, or the address is not quite right. Ask your core team for a new one."},
	"closed":      {"Dit scherm is gesloten", "This screen is closed"},
	"closed.text": {"Vraag in je kernteam om een nieuwe link als je verder wilt.", "Ask your core team for a new link to go on."},
	"failed":      {"Dat lukte even niet", "That did not work just now"},
	"failed.text": {"Dat ligt aan ons. Probeer het over een minuut nog een keer.", "That is on our side. Please try again in a minute."},
	"stray":       {"Dat kwam niet van deze pagina", "That did not come from this page"},
	"stray.text":  {"Open de link uit je kernteam nog een keer, en gebruik de knop die daar staat.", "Open the link from your core team once more, and use the button there."},
	"full":        {"Er kijken al veel schermen mee", "Many screens are watching already"},
	"full.text":   {"Sluit er een, of probeer het over een minuut nog een keer.", "Close one, or try again in a minute."},
	"door":        {"Het scherm bij het Kans!overleg", "The screen for the Kans!overleg"},
	"door.text":   {"Doe dit op het grote scherm in de ruimte. De link werkt één keer.", "Do this on the big screen in the room. The link works once."},
	"open":        {"Scherm openen", "Open the screen"},

	"now":        {"Nu", "Now"},
	"pause":      {"We gaan zo verder.", "We will go on in a moment."},
	"next":       {"Hierna", "Next"},
	"agreements": {"Afspraken", "Agreements"},
	"more":       {"En nog % van eerder.", "And % more from before."},
	"none.yet":   {"Nog geen. Die komen hier te staan.", "None yet. They will show here."},
	"ends":       {"tot %s", "until %s"},
	"left":       {"nog %", "% left"},
	"late":       {"% over de tijd", "% over time"},
	"time":       {"Tijd voor dit punt", "Time for this point"},
	"over":       {"Dit Kans!overleg is afgerond", "This Kans!overleg is finished"},
	"thanks":     {"Dank jullie wel. Dit spreken we af:", "Thank you all. This is what we agreed:"},
	"thanks.all": {"Dank jullie wel, en tot de volgende keer.", "Thank you all, and see you next time."},
	"offline":    {"Even geen verbinding. Dit scherm komt vanzelf weer bij.", "No connection for a moment. This screen will catch up by itself."},
	"whole":      {"Volledig scherm", "Full screen"},
}

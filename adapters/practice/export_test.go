package practice

import (
	"strings"

	"kansbot/internal/chat"
)

// Update is whether the golden files are to be written anew.
func Update() bool { return *update }

// Rendered is a message as it stands in the page, posted or for one person.
func Rendered(locale string, body chat.Message, posted bool) (string, error) {
	p := &page{language: texts(locale), Seat: Seat{User: "anna", Channel: zwaan, Locale: locale}, Me: people[0]}
	var b strings.Builder
	var err error
	if posted {
		err = templates.ExecuteTemplate(&b, "message", postView{page: p, Post: Post{ID: "p1", Body: body}})
	} else {
		err = templates.ExecuteTemplate(&b, "message", privateView{page: p, Private: Private{ID: "o1", Body: body}})
	}
	return b.String(), err
}

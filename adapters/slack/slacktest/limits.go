package slacktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// What Slack takes at most, in messages and views as a whole.
const (
	MaxMessageBlocks = 50
	MaxViewBlocks    = 100
	MaxViewBytes     = 250_000 // more is view_too_large
	MaxUpdateText    = 4000    // more is msg_too_long in an update, and cut off or split in a post

	// MaxMessageSize is where Slack begins to refuse a message with
	// msg_blocks_too_long, as Size counts. It is measured, not published
	// (slackapi/bolt-js issues 2509 and 2867).
	MaxMessageSize = 13_200
)

// CheckMessage is what Slack would say is wrong with the text and blocks of a
// message, in its own words: "must be less than 151 characters
// [json-pointer:/blocks/0/text/text]". Without blocks it is a message of text.
//
// The rules are those of Slack's reference of Block Kit and of the comments in
// @slack/types. Where those say nothing, of an empty list of elements for
// example, it is strict. It does not hold the message to MaxMessageSize.
func CheckMessage(text string, blocks json.RawMessage) []string {
	c := &checker{}
	list, ok := c.parse("/blocks", blocks).([]any)
	switch {
	case len(c.problems) > 0:
	case !ok && len(blocks) > 0:
		c.say("/blocks", "must provide an array")
	case len(list) == 0 && text == "":
		c.say("/text", "must provide text or blocks")
	}
	if characters(text) > MaxUpdateText {
		c.say("/text", "must be less than %d characters", MaxUpdateText+1)
	}
	c.blocks("/blocks", list, MaxMessageBlocks)
	return c.problems
}

// CheckView is CheckMessage for a modal or a home page.
func CheckView(view json.RawMessage) []string {
	c := &checker{}
	v := c.parse("/view", view)
	if len(c.problems) > 0 {
		return c.problems
	}
	if len(view) > MaxViewBytes {
		c.say("/view", "must be less than %d bytes", MaxViewBytes+1)
	}
	union{"modal": modalShape, "home": homeShape}.check(c, "/view", v)
	o, _ := v.(map[string]any)
	list, _ := o["blocks"].([]any)
	c.blocks("/view/blocks", list, MaxViewBlocks)
	if o["type"] == "modal" && o["submit"] == nil {
		for i, b := range list {
			if b, _ := b.(map[string]any); b["type"] == "input" {
				c.say(fmt.Sprintf("/view/blocks/%d/input", i), "must define `submit` to use an `input` block in modals")
			}
		}
	}
	return c.problems
}

// Size is how much of MaxMessageSize the blocks take: their characters, with
// "&", "<" and ">" as the entities that Slack keeps, and 100 for each block.
func Size(blocks json.RawMessage) int {
	var list []any
	if json.Unmarshal(blocks, &list) != nil {
		return 0
	}
	size := 100 * len(list)
	var add func(v any)
	add = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				add(one)
			}
		case map[string]any:
			if text, ok := v["text"].(string); ok {
				size += characters(entities.Replace(text))
			}
			for _, one := range v {
				add(one)
			}
		}
	}
	add(list)
	return size
}

var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// characters counts as slackhq/hack-json-schema does, which Slack checks with.
func characters(s string) int { return utf8.RuneCountInString(s) }

// checker collects what is wrong.
type checker struct {
	problems []string
	focused  bool // something has the focus already
}

func (c *checker) say(at, format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
}

func (c *checker) parse(at string, data json.RawMessage) (v any) {
	if len(data) > 0 && json.Unmarshal(data, &v) != nil {
		c.say(at, "must provide valid JSON")
	}
	return v
}

// blocks checks each block, and that what must be unique is.
func (c *checker) blocks(at string, list []any, most int) {
	if len(list) > most {
		c.say(at, "no more than %d items allowed", most)
	}
	c.unique(at, list, "block_id")
	for i, v := range list {
		at := fmt.Sprintf("%s/%d", at, i)
		blockShapes.check(c, at, v)
		if b, ok := v.(map[string]any); ok {
			elements, _ := b["elements"].([]any)
			c.unique(at+"/elements", elements, "action_id")
		}
	}
}

func (c *checker) unique(at string, list []any, name string) {
	seen := map[string]bool{}
	for i, v := range list {
		o, _ := v.(map[string]any)
		id, ok := o[name].(string)
		if ok && seen[id] {
			c.say(fmt.Sprintf("%s/%d/%s", at, i, name), "`%s` %q already exists", name, id)
		}
		seen[id] = true
	}
}

// rule says what one value may be.
type rule interface {
	check(c *checker, at string, v any)
}

// shape is the rule for an object: one for each of its properties.
type shape struct {
	needs, may map[string]rule
	also       func(c *checker, at string, o map[string]any) // what properties have to do with each other
}

func (s shape) check(c *checker, at string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		c.say(at, "must provide an object")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(s.needs)) {
		if _, ok := o[name]; !ok {
			c.say(at, "missing required field: %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		r := s.needs[name]
		if r == nil {
			r = s.may[name]
		}
		if r == nil {
			c.say(at, "invalid additional property: %s", name)
			continue
		}
		r.check(c, at+"/"+name, o[name])
	}
	if s.also != nil {
		s.also(c, at, o)
	}
}

// union is the rule for an object that is one of several, by its type.
type union map[string]shape

func (u union) check(c *checker, at string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		c.say(at, "must provide an object")
		return
	}
	name, _ := o["type"].(string)
	s, ok := u[name]
	if !ok {
		c.say(at+"/type", "unsupported type: %s", name)
		return
	}
	s.check(c, at, v)
}

// length is the rule for a string.
type length struct{ least, most int }

func (l length) check(c *checker, at string, v any) {
	s, ok := v.(string)
	switch n := characters(s); {
	case !ok:
		c.say(at, "must provide a string")
	case n < l.least:
		c.say(at, "must be more than %d characters", l.least-1)
	case n > l.most:
		c.say(at, "must be less than %d characters", l.most+1)
	}
}

// prose is the rule for what people read: of blanks alone nothing would be left.
type prose struct{ most int }

func (p prose) check(c *checker, at string, v any) {
	if s, ok := v.(string); ok && strings.TrimSpace(s) == "" {
		v = ""
	}
	length{1, p.most}.check(c, at, v)
}

// pattern is the rule for a string that must look like something.
type pattern struct{ *regexp.Regexp }

func (p pattern) check(c *checker, at string, v any) {
	if s, ok := v.(string); !ok || !p.MatchString(s) {
		c.say(at, "input must match regex pattern: %s", p)
	}
}

// word is the rule for a string that is one of a few.
type word []string

func (w word) check(c *checker, at string, v any) {
	if s, ok := v.(string); !ok || !slices.Contains(w, s) {
		c.say(at, "must be a valid enum value")
	}
}

// whole is the rule for a whole number.
type whole struct{ least, most float64 }

func (w whole) check(c *checker, at string, v any) {
	n, ok := v.(float64)
	switch {
	case !ok || n != math.Trunc(n):
		c.say(at, "must provide an integer")
	case n < w.least:
		c.say(at, "must be greater than %v", w.least)
	case n > w.most:
		c.say(at, "must be less than %v", w.most)
	}
}

// boolean is the rule for true and false.
type boolean struct{}

func (boolean) check(c *checker, at string, v any) {
	if _, ok := v.(bool); !ok {
		c.say(at, "must provide a boolean")
	}
}

// focus is boolean, true at most once in all.
type focus struct{}

func (focus) check(c *checker, at string, v any) {
	boolean{}.check(c, at, v)
	if v == true {
		if c.focused {
			c.say(at, "only one element may have focus_on_load")
		}
		c.focused = true
	}
}

// array is the rule for a list.
type array struct {
	least, most int
	each        rule
}

func (a array) check(c *checker, at string, v any) {
	list, ok := v.([]any)
	if !ok {
		c.say(at, "must provide an array")
		return
	}
	if len(list) < a.least {
		c.say(at, "must provide at least %d items", a.least)
	}
	if len(list) > a.most {
		c.say(at, "no more than %d items allowed", a.most)
	}
	if a.each == nil {
		return
	}
	for i, one := range list {
		a.each.check(c, fmt.Sprintf("%s/%d", at, i), one)
	}
}

// among says that what is in o under name, one option or a list of them, must
// be in its options, to the letter.
func among(c *checker, at string, o map[string]any, name string) {
	initial, ok := o[name]
	if !ok {
		return
	}
	offered, _ := o["options"].([]any)
	groups, _ := o["option_groups"].([]any)
	for _, g := range groups {
		g, _ := g.(map[string]any)
		more, _ := g["options"].([]any)
		offered = append(slices.Clone(offered), more...)
	}
	list, many := initial.([]any)
	if !many {
		list = []any{initial}
	}
	for _, one := range list {
		if !slices.ContainsFunc(offered, func(o any) bool { return reflect.DeepEqual(o, one) }) {
			c.say(at+"/"+name, "must be one of the provided options")
		}
	}
}

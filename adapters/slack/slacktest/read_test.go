package slacktest

import "testing"

func TestRead(t *testing.T) {
	w := newWorld(t, Options{})
	for _, c := range []struct{ text, blocks, want string }{
		{"*vet* _schuin_ ~weg~ `K-014` 2*3*4 a_b_c &lt;b&gt; &amp;amp;", "", "vet schuin weg K-014 2*3*4 a_b_c <b> &amp;"},
		{"*een* *twee* *<@" + w.anna.ID + ">* <!here> <#" + w.zwaan.ID + "> <https://x.nl|daar> <https://y.nl> <mailto:a@x.nl> <!date^1^{date}|12 jan> <@U9>", "",
			"een twee @anna @@here #kernteam-zwaan daar https://y.nl a@x.nl 12 jan @U9"},
		{"", `[{"type":"header","text":{"type":"plain_text","text":"Kop *zo*"}},{"type":"divider"},
			{"type":"section","text":{"type":"mrkdwn","text":"*Wat*"},"fields":[{"type":"plain_text","text":"Wie"}],"accessory":{"type":"button","text":{"type":"plain_text","text":"Meer"}}},
			{"type":"context","elements":[{"type":"plain_text","text":"klein"},{"type":"image","alt_text":"plaatje"}]},
			{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Ja"}},{"type":"static_select","placeholder":{"type":"plain_text","text":"Kies"}}]}]`,
			"Kop *zo*\nWat\nWie\n[Meer]\nklein plaatje\n[Ja] [Kies]"},
		{"", `[{"type":"rich_text","elements":[
			{"type":"rich_text_section","elements":[{"type":"user","user_id":"` + w.bot.UserID + `"},{"type":"text","text":" zegt *dit*\n"}]},
			{"type":"rich_text_list","style":"ordered","offset":2,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"drie"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"vier"}]}]},
			{"type":"rich_text_list","style":"bullet","indent":1,"elements":[{"type":"rich_text_section","elements":[{"type":"link","url":"https://x.nl"},{"type":"broadcast","range":"here"}]}]},
			{"type":"rich_text_preformatted","elements":[{"type":"text","text":"/signaal <x>"}]}]}]`,
			"@kansbot zegt *dit*\n3. drie\n4. vier\n  - https://x.nl@@here\n/signaal <x>"},
		{"roept <!channel> en <!subteam^S1|@ib>, niet @channel", `[{"type":"section","text":{"type":"plain_text","text":"typt @channel"}}]`, "typt @channel\n@@channel\n@@subteam^S1"},
		{"<!everyone|iedereen> @everyone", "", "@@everyone @everyone"},
		{"", `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"usergroup","usergroup_id":"S1"}]}]}]`, "@@S1"},
	} {
		m := Message{Channel: w.zwaan, Text: c.text, Blocks: []byte(c.blocks)}
		if got := m.Read(); got != c.want {
			t.Errorf("%s%s\nreads %q\n want %q", c.text, c.blocks, got, c.want)
		}
	}
}

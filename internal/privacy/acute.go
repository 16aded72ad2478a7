package privacy

import (
	"slices"
	"sync"
)

// DefaultAcuteWords are the words of acute unsafety that Acute looks for when
// a kernteam has no list of its own. They are chosen wide: a false alarm costs
// one retype in private, a miss can cost a child more.
var DefaultAcuteWords = []string{
	"onveilig*", "bang om naar huis", "bang voor thuis", "niet naar huis", "niet * naar huis", "niet thuis durft", "blauwe plek*",
	"geslagen", "slaat", "mishandel*", "*mishandeling*", "*misbruik*", "aangerand", "verkracht*", "vastgehouden", "opgesloten",
	"verwaarlo*", "wapen", "wapens", "mes", "pistool", "weggelopen", "bedreig*", "gestalkt",
	"zelfmoord*", "zelfdoding*", "suicid*", "wil dood", "dood wil*", "wil niet meer leven", "niet meer wil leven", "zelfbeschadig*", "snijdt zichzelf", "snijdt zich",
	"ontvoer*", "besnijdenis*", "uithuwelijk*", "eerwraak", "acuut", "acute", "spoed", "noodgeval", "112",
	"unsafe*", "afraid to go home", "scared to go home", "not go home", "bruise*", "beaten", "hits him", "hits her", "abuse*", "locked up", "locked in",
	"neglect*", "weapon*", "knife", "gun", "ran away", "run away", "threaten*", "wants to die", "self harm*", "selfharm*", "kidnap*", "forced marriage",
	"emergency", "urgent",
}

// Acute reports whether the text holds one of the words: whole words or
// phrases, whatever the capitals and accents. A * stands for any letters at
// the start or end of a word, or for any one word. A number counts only by
// itself: not the 112 in K-112 or € 112.
func Acute(text string, words []string) bool {
	list := entries(text)
	return len(list) > 0 && slices.ContainsFunc(words, func(w string) bool { return phraseOf(w).in(list) })
}

var phrases sync.Map // word of a list -> phrase; lists are few and seldom change

func phraseOf(word string) phrase {
	if p, found := phrases.Load(word); found {
		return p.(phrase)
	}
	p := newPhrase(word)
	phrases.Store(word, p)
	return p
}

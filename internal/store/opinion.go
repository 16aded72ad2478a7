package store

import (
	"kansbot/internal/kv"
	"kansbot/internal/team"
)

// Opinions lie under a random word, so that neither their key nor their order
// tells whose they are.
var (
	Opinions = Table[team.Opinion]{"opinion"} // team, first day of the half school year, word
	spoke    = Table[struct{}]{"spoke"}       // team, first day of the half school year, user
)

// HasOpinion reports whether the user gave one in that half school year.
func HasOpinion(tx kv.Tx, id string, half team.Date, user string) (bool, error) {
	_, given, err := spoke.Get(tx, id, half.String(), user)
	return given, err
}

// AddOpinion keeps o under word; first is false, and nothing kept, when the user
// gave one before.
func AddOpinion(tx kv.Tx, id string, half team.Date, user, word string, o team.Opinion) (first bool, err error) {
	given, err := HasOpinion(tx, id, half, user)
	if err != nil || given {
		return false, err
	}
	if err := spoke.Put(tx, struct{}{}, id, half.String(), user); err != nil {
		return false, err
	}
	return true, Opinions.Put(tx, o, id, half.String(), word)
}

// ForgetOpinions drops what was given in the half school years before this one,
// and who gave it.
func ForgetOpinions(tx kv.Tx, id string, half team.Date) error {
	for _, table := range []string{Opinions.Name, spoke.Name} {
		if err := forget(tx, append(key(table, []string{id}), sep), key(table, []string{id, half.String()})); err != nil {
			return err
		}
	}
	return nil
}

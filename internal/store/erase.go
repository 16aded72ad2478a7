package store

import (
	"kansbot/internal/kv"
	"kansbot/internal/team"
)

// DropSignal takes away s and its indexes.
func DropSignal(tx kv.Tx, id string, s team.Signal) error {
	if err := openNrs.Delete(tx, "signal", id, Nr(s.Nr)); err != nil {
		return err
	}
	if err := caseNrs.Delete(tx, "signal", id, s.Code, Nr(s.Nr)); err != nil {
		return err
	}
	return Signals.Delete(tx, id, Nr(s.Nr))
}

// DropAction takes away a and its indexes.
func DropAction(tx kv.Tx, id string, a team.Action) error {
	if err := openNrs.Delete(tx, "action", id, Nr(a.Nr)); err != nil {
		return err
	}
	if err := TakeAction(tx, id, a); err != nil {
		return err
	}
	return Actions.Delete(tx, id, Nr(a.Nr))
}

// DropCase takes away a case, its indexes, the links to its pages and its place
// among the options of forms that are open. Its code stays taken.
func DropCase(tx kv.Tx, id, code string) error {
	for _, index := range []Table[string]{evaluable, untold} {
		if err := index.Delete(tx, id, code); err != nil {
			return err
		}
	}
	if err := dropLinks(tx, func(l Link) bool { return l.Team == id && l.Code == code }); err != nil {
		return err
	}
	if err := dropOptions(tx, id, code); err != nil {
		return err
	}
	if err := used.Put(tx, struct{}{}, id, code); err != nil {
		return err
	}
	return Cases.Delete(tx, id, code)
}

// Taken reports whether a code is or was that of a case.
func Taken(tx kv.Tx, id, code string) (bool, error) {
	if _, found, err := Cases.Get(tx, id, code); err != nil || found {
		return found, err
	}
	_, found, err := used.Get(tx, id, code)
	return found, err
}

func dropOptions(tx kv.Tx, id, code string) error {
	forms, err := Forms.All(tx)
	if err != nil {
		return err
	}
	for _, f := range forms {
		if f.Team == id && f.Form.Drop(code) {
			if err := Forms.Put(tx, f, f.Form.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

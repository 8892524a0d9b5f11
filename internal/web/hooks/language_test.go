package hooks_test

import (
	"strings"
	"testing"
)

// TestFormsAreInALanguage shows a form, its thanks and a refusal in the workspace's language, and in that which its address asks for.
func TestFormsAreInALanguage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.integrate("form", object{})
	d.DB.MustExec(`UPDATE workspaces SET language = 'ms'`)
	send := func(query, body string) reply {
		t.Helper()
		return d.send("POST", form.url+query, body, "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")
	}
	for query, words := range map[string][3]string{
		"":         {`<html lang="ms">`, "Telefon", "Terima kasih"},
		"?lang=en": {`<html lang="en">`, "Phone", "Thank you"},
		"?lang=xx": {`<html lang="ms">`, "Hantar", "Terima kasih"},
	} {
		page := d.send("GET", form.url+query, "").is(200).body
		for _, text := range words[:2] {
			if !strings.Contains(page, text) {
				t.Errorf("the form%s does not show %s:\n%s", query, text, page)
			}
		}
		if got := send(query, "name=Siti&phone=%2B60123456789").is(200).body; !strings.Contains(got, words[2]) {
			t.Errorf("the thanks%s do not show %s:\n%s", query, words[2], got)
		}
	}
	if got := send("", "message=x").is(422).body; !strings.Contains(got, "Sila kembali dan isikan nama") {
		t.Errorf("the refusal is\n%s", got)
	}
}

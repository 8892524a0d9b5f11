package heard

import "github.com/leadwheel/leadwheel/internal/language"

// These are about members: their settings, hours and absences.
var members = []language.Text{
	"a name needs at least one character that can be seen",
	"another member has this id",
	"this is no address that can be written to; write it as aina@example.com, without a name or anything else",
	"quiet hours need two different times of day; null is none",
	"this is no time of day; write HH:MM, from 00:00 to 23:59",
	"%q is not a time of day: write HH:MM, from 00:00 to 23:59",
	"%q is no weekday: write mon, tue, wed, thu, fri, sat or sun",
	"%s: give %d spans at the most",
	"%s: from %s to %s is no time; for the whole day write 00:00 to 24:00",
	"distribution hours from %s to %s hold no time: choose two different times of day",
	"distribution hours have a time of day of %d minutes: give 0 to %d",
	"this is not a time zone; use an IANA name such as Asia/Kuala_Lumpur",
	"there is no such language; there are %s",
	"an absence ends after it begins; of whole dates the last one is included",
	"an absence lasts five years at the most; deactivate whoever does not come back",
	"an absence is from one instant to another or of whole dates",
	"an absence is from one instant to another, or of whole dates",
	"the member has %d absences to come, and no more are kept; delete some",
	"a member has %d absences at the most",
	"you are off duty; go on duty to take leads",
	"the member is deactivated or removed",
	"you have as many leads as your caps allow for now",
	"the lead was deleted or given to you just now; ask for the next one again",
	"a member is listed twice; list each once",
	"this is not the id of a member",
	"nobody else in this group is active; name members or another group",
	"this is not another active member of this workspace",
	"this installation has no Telegram bot; an operator sets LEADWHEEL_TELEGRAM_TOKEN",
	"Telegram did not say what the bot is called; try again shortly",
	"only members are told of leads, and who calls is none; a member's settings are at /v1/members/{id}",
}

package console

import (
	"strings"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// said are the words for what programs call otherwise, by the field's name and its value.
var said = map[string]map[string]language.Text{
	"method": {"round_robin": "One member a turn", "round_robin_multiple": "A receivers group a turn", "first_to_accept": "Offered to a receivers group a turn"},
	"pace":   paceNames,
	"trigger": {"immediate": "at once", "scheduled": "as planned", "distribute_now": "brought forward",
		"overflow": "taken over from another group", "reassigned": "taken back from another", "pulled": "asked for", "accepted": "accepted first"},
	"outcome": {"succeeded": "given", "withdrawn": "taken back", "lapsed": "nobody accepted it", "lead": "a lead", "duplicate": "known already", "test": "a test", "ignored": "no lead in it", "unmapped": "not understood", "held": "waits"},
	"event": {
		"lead.received": "a lead came in (lead.received)", "lead.assigned": "a lead was given (lead.assigned)",
		"lead.distribution_failed": "a lead could not be given (lead.distribution_failed)", "lead.updated": "a lead or a copy was changed (lead.updated)",
		"lead.unanswered": "nobody took a lead up in time (lead.unanswered)", "lead.offered": "a lead was offered (lead.offered)",
		"lead.converted": "a lead or a copy became a customer (lead.converted)", "lead.deleted": "a lead was deleted (lead.deleted)",
		"lead.withdrawn": "a copy was taken back (lead.withdrawn)", "webhook.test": "a test (webhook.test)",
	},
	"fallback_from": {"email": "e-mail", "telegram": "Telegram"},
	"channel":       {"api": "keyed in or API", "email": "e-mail", "telegram": "Telegram"},
	"state":         {"token_dead": "access token refused", "owed": "to be sent", "failed": "not sent"},
	"kind":          {"form": "form page", "linkedin": "LinkedIn", "meta": "Meta", "google": "Google", "tiktok": "TikTok", "typeform": "Typeform", "leads": "new leads", "reminder": "follow-up", "answer": "a reminder to answer", "offer": "offers", "unanswered": "not answered in time", "not_accepted": "not accepted in time", "lead:ingest": "pushed leads", "lead:distribute": "a distribution", "lead:fetch": "fetching leads", "member:notify": "messages", "webhook:deliver": "deliveries to a webhook"},
	"reason":        reasonNames,
	"role":          {"integration": "program"},
}

var paceNames = map[string]language.Text{"slow": "Slow (4–6 a day)", "normal": "Normal (5–7 a day)", "fast": "Fast (8–12 a day)"}

// reasonNames are the reasons in a few words each; their texts say more.
var reasonNames = map[string]language.Text{
	string(lead.AlreadyAssigned):   "already has it",
	string(lead.SourceLeadDeleted): "lead deleted",
	string(lead.MemberInactive):    "deactivated",
	string(lead.NoActiveReceiver):  "nobody can receive",
	string(lead.NobodyAvailable):   "nobody was available",

	string(lead.ObstacleInactive):    "deactivated",
	string(lead.ObstacleNotAnswered): "did not accept it",
	string(lead.ObstacleOffDuty):     "off duty", string(lead.ObstacleAway): "away", string(lead.ObstacleOutsideHours): "outside working hours",
	string(lead.ObstacleCapHour): "enough this hour", string(lead.ObstacleCapDay): "enough today", string(lead.ObstacleCapWeek): "enough this week",
	string(lead.ObstacleCapMonth): "enough this month", string(lead.ObstacleCapOpen): "enough open leads",
	string(lead.GroupDeleted):      "group deleted",
	string(lead.NoRule):            "no rule takes it",
	string(lead.SourceNotEligible): "source not offered",
	string(lead.FeatureDisabled):   "switched off",
	string(lead.Duplicate):         "duplicate",
	string(lead.TestLead):          "a test",
	string(lead.InternalError):     "fault in the system",
}

// worded is a field's value in words.
func (v *visit) worded(name, value string) string {
	if words := said[name][value]; words != "" {
		return v.say(words)
	}
	if heard := v.heard(value); heard != value {
		return heard
	}
	return v.tongue.Word(strings.ReplaceAll(value, "_", " "))
}

// fieldNames are what fields are called whose names say it badly.
var fieldNames = map[string]language.Text{
	"at": "When", "due_at": "Due", "given_to": "Given to", "member_ids": "Members", "telegram_chat_id": "Telegram", "email": "Email",
	"timezone": "Time zone", "api_key_id": "Key", "cancelled_by": "Cancelled by", "opened by": "Browser", "begun with": "Who", "key": "Name", "skipped": "Passed over", "trigger": "How", "due_before": "Due before", "phone_e164": "Phone, in full", "fallback_from": "Instead of", "file_name": "File", "error": "What was wrong", "next_attempt_at": "Next try", "follow_up_at": "Follow-up", "metadata": "Kept by other systems", "push_channel": "Pushed by",
}

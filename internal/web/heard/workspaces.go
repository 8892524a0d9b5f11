package heard

import "github.com/leadwheel/leadwheel/internal/language"

// These are about the workspace itself, its statuses and sources.
var workspaces = []language.Text{
	"a workspace has 1 to %d statuses",
	"a status is 1 to %d characters, and one at least can be seen",
	"this status is listed before; list each once",
	"%q is the status of assigned leads; give them another one first, or rename it",
	"the workspace has no such status",
	"the workspace has this status already",
	"the workspace has no such status; use one of %s",
	"this is not one of the workspace's statuses",
	"days go from 1 to 3650",
	"this is between 1 and 3650 days",
	"another source has this name; choose a different one",
	"another source has this id",
	"nothing of this name can be seen; write one",
	"this is the source itself; choose another",
	"this source is in use; disable it, or merge it into another",
	"this is not the id of a source",
	"other workspaces are on this installation too, and the audit is of all; its operators see it by leadwheel audit",
}

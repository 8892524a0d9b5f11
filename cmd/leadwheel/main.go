// Command leadwheel hands out sales leads. This folder holds flags, signals and exit codes, a file a command. People and service managers
// call it. It alone reads configuration, and does none of the work itself.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // workspaces name time zones, and a container may have none

	"github.com/alecthomas/kong"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

type cli struct {
	Up          upCmd          `cmd:"" help:"Run everything in one process, with servers of its own where none are given."`
	Serve       serveCmd       `cmd:"" help:"Run in production: any of the roles api, worker and scheduler."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database to this program's schema, or look at it."`
	Workspace   workspaceCmd   `cmd:"" help:"Create and list workspaces."`
	APIKey      apiKeyCmd      `cmd:"" name:"apikey" help:"Create, list, rotate and revoke API keys."`
	Person      personCmd      `cmd:"" help:"Invite, list and remove those who sign in to the console."`
	Session     sessionCmd     `cmd:"" help:"Look at who is signed in to the console, and sign them out."`
	Member      memberCmd      `cmd:"" help:"Add, list, edit, deactivate and remove the members who get leads."`
	Settings    settingsCmd    `cmd:"" help:"Show and change how the workspace is set up."`
	Source      sourceCmd      `cmd:"" help:"Add, list, edit, merge and delete the sources of leads and customers."`
	Integration integrationCmd `cmd:"" help:"Add, list, edit and delete the addresses at which platforms and forms deliver leads."`
	Event       eventCmd       `cmd:"" help:"Look at what was delivered to an integration, and read it again."`
	Webhook     webhookCmd     `cmd:"" help:"List the programs that are told of leads, and try whether they take it."`
	Import      importsCmd     `cmd:"" help:"Import leads from a file, look at imports, and cancel them."`
	Group       groupCmd       `cmd:"" help:"Add distribution groups, look at them and whose turn is next, edit and delete them."`
	Rules       rulesCmd       `cmd:"" help:"Look at the rules by which leads go to groups, check and save them."`
	Lead        leadCmd        `cmd:"" help:"Add, list, search, edit and delete source leads."`
	Assigned    assignedCmd    `cmd:"" name:"assigned-lead" help:"Look at what members have, and change it."`
	Assign      assignCmd      `cmd:"" help:"Distribute leads that are here already."`
	Assignment  assignmentCmd  `cmd:"" help:"Look at bulk assignments and what became of them."`
	Pending     pendingCmd     `cmd:"" help:"Look at leads that are yet to go out, delete them, or distribute them now."`
	History     historyCmd     `cmd:"" help:"Look at what became of distributions."`
	Fairness    fairnessCmd    `cmd:"" help:"See what each receiver of a group was due and got."`
	Simulate    simulateCmd    `cmd:"" help:"See what leads that came in would have come to through other groups, rules or members."`
	Top         topCmd         `cmd:"" help:"Watch leads come in and go out, the queues and the groups."`
	Dead        deadCmd        `cmd:"" help:"Look at tasks that the queue gave up on, and drive them again."`
	Secrets     secretsCmd     `cmd:"" help:"Rotate the key that seals the secrets of integrations and webhooks."`
	Privacy     privacyCmd     `cmd:"" help:"Export or erase what is known of a person."`
	Ready       readyCmd       `cmd:"" help:"Tell whether a process is ready, for health checks."`
	LogLevel    logLevelCmd    `cmd:"" name:"log-level" help:"Show or change how much a running process logs."`
	Doctor      doctorCmd      `cmd:"" help:"Check configuration and connections, and say what to do."`
	Audit       auditCmd       `cmd:"" help:"Check on the live database that the promises are kept."`
	Bench       benchCmd       `cmd:"" help:"Measure what this machine can do."`
	Completion  completionCmd  `cmd:"" help:"Print what makes a shell complete commands and flags: bash, zsh or fish."`
	Man         manCmd         `cmd:"" help:"Print the manual page of a command, or write all of them."`
	Complete    completeCmd    `cmd:"" hidden:""`
	Version     versionCmd     `cmd:"" help:"Print the version."`

	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`
}

func main() {
	os.Exit(run(os.Args[1:], standardStreams()))
}

// run runs one command and returns the program's exit code.
func run(args []string, s streams) int {
	// The first signal asks the command to end; the next has its usual effect, which is to end the program at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	logRedis(slog.New(slog.DiscardHandler)) // commands that serve have a log; others end with an error that says it
	err := parseAndRun(ctx, args, s)
	if err != nil {
		fmt.Fprintln(s.err, "leadwheel:", err)
	}
	if parse := (*kong.ParseError)(nil); errors.As(err, &parse) {
		fmt.Fprintf(s.err, "Run `%s --help` for how to use it.\n", commandOf(parse))
	}
	if refused := (*client.Problem)(nil); errors.As(err, &refused) && refused.RequestID != "" && !refused.Refused() {
		fmt.Fprintf(s.err, "In the server's log it is the request %s.\n", refused.RequestID)
	}
	return exitCode(err)
}

// words are the domain's, for the flags that take one of them.
func words() kong.Vars {
	return kong.Vars{
		"roles": oneOf(lead.Roles()), "outcomes": oneOf(lead.Outcomes()), "triggers": oneOf(lead.Triggers()),
		"paces": oneOf(lead.Paces[:]), "pending_actions": oneOf(store.PendingActions()), "person_roles": oneOf(lead.PersonRoles()),
		"kinds": oneOf(lead.Kinds()), "methods": oneOf(lead.Methods()), "webhook_patience": webhookPatience.String(), "event_outcomes": oneOf(lead.EventOutcomes()),
	}
}

func oneOf[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ",")
}

// grammar is the commands, or only the one that is run: to build them all takes longer than most of what commands do. Those
// that speak of the others have them all.
func grammar(args []string) any {
	if len(args) == 0 || slices.Contains([]string{"man", "completion", "complete"}, args[0]) {
		return &cli{}
	}
	all := reflect.TypeFor[cli]()
	version, _ := all.FieldByName("ShowVersion")
	for i := range all.NumField() {
		f := all.Field(i)
		if _, command := f.Tag.Lookup("cmd"); command && args[0] == cmp.Or(f.Tag.Get("name"), strings.ToLower(f.Name)) {
			return reflect.New(reflect.StructOf([]reflect.StructField{f, version})).Interface()
		}
	}
	return &cli{}
}

func parseAndRun(ctx context.Context, args []string, s streams) error {
	parser, err := kong.New(grammar(args),
		kong.Name("leadwheel"),
		kong.Description("Leadwheel hands out sales leads, in exact turn order.\n\n"+
			"Settings are flags or environment variables. NAME_FILE instead of NAME reads one from a file. "+
			"Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 refused."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(s.out, s.err),
		words(), kong.Vars{"version": builtFrom().String()},
		kong.Resolvers(kong.ResolverFunc(fromFile)),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		return fmt.Errorf("building the command line: %w", err)
	}
	if err := dropEmptyVariables(parser.Model.Node); err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return command.Run()
}

// commandOf is the command, as typed, that could not be parsed.
func commandOf(parse *kong.ParseError) string {
	if node := parse.Context.Selected(); node != nil {
		return node.FullPath()
	}
	return "leadwheel"
}

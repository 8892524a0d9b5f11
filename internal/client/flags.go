package client

// Flags are the flags of a command that calls the API, for kong.
type Flags struct {
	URL    string `name:"url" env:"LEADWHEEL_URL" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Address of the Leadwheel server. Default ${default}."`
	APIKey string `name:"api-key" env:"LEADWHEEL_API_KEY" placeholder:"KEY" help:"API key, lw_…. Better set in the environment, where other users do not see it."`
}

// Client is the client that the flags describe.
func (f Flags) Client() (*Client, error) { return New(f.URL, f.APIKey) }

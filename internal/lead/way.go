package lead

// WayIn is the way by which a lead came in, which its channel tells.
type WayIn string

// The ways in that are no integration's. Those of integrations are named after their kinds.
const (
	// WayAPI means that it was pushed over the API, or typed in on the console.
	WayAPI WayIn = "api"
	// WayImport means that it was a row of a file.
	WayImport WayIn = "import"
	// WayQueue means that another program put it into the queue.
	WayQueue WayIn = "queue"
)

// WaysIn lists every way in.
func WaysIn() []WayIn {
	ways := []WayIn{WayAPI, WayImport, WayQueue}
	for _, kind := range Kinds() {
		ways = append(ways, WayIn(kind))
	}
	return ways
}

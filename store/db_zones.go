package store

import (
	"sync"
	"time"
)

var zones sync.Map // by name, a *time.Location

// loadZone is time.LoadLocation, which reads a file each time.
func loadZone(name string) (*time.Location, error) {
	if zone, known := zones.Load(name); known {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, zone)
	return zone, nil
}

package console

import (
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// A myOffer is a lead that an agent can accept.
type myOffer struct {
	Accept, Name, Place string
	By                  shown
	Late                bool
}

// myOffers reads what an agent can accept.
func (v *visit) myOffers() ([]myOffer, error) {
	var list struct{ Items []object }
	if err := v.get("/v1/my/offers?limit=50", &list); err != nil {
		return nil, err
	}
	var all []myOffer
	for _, one := range list.Items {
		o := myOffer{Accept: myHome + "offers/" + one.text("id") + "/accept", Name: one.text("name"), Place: one.text("place")}
		if o.Name == "" {
			o.Name = v.say("A lead without a name")
		}
		if by := momentOf(one, "answer_by"); !by.IsZero() {
			o.By, o.Late = v.when(by), by.Before(v.now)
		}
		all = append(all, o)
	}
	return all, nil
}

// acceptMyOffer has an agent take what they are offered, and says plainly where somebody else was first.
func acceptMyOffer(v *visit) (*page, error) {
	if uuid.Validate(v.PathValue("id")) != nil {
		return nil, errNoPage
	}
	var given struct{ ID string }
	err := v.api.Call(v.Context(), http.MethodPost, "/v1/offers/"+v.PathValue("id")+"/accept", nil, &given)
	if refused := (&client.Problem{}); errors.As(err, &refused) && refused.Code == "taken" {
		return v.done(myHome, "taken")
	}
	if err != nil {
		return nil, err
	}
	return v.done(myHome+"leads/"+given.ID, "accepted")
}

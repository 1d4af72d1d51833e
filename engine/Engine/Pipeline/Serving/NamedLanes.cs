using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline.Serving;

/// <summary>The models with a job of their own, each with the campaigns that ask for its score.</summary>
sealed class NamedLanes
{
    readonly SideLane[] _lanes;
    readonly ulong[] _asking;
    ulong _anybody;

    /// <summary>Creates them of the models' lanes.</summary>
    public NamedLanes(SideLane[] lanes) => (_lanes, _asking) = (lanes, new ulong[lanes.Length]);

    /// <summary>Whether a campaign asks for the score of a model that is here.</summary>
    public bool IsAsked => _anybody != 0;

    /// <summary>Looks up which campaigns ask for which model, and which models are in use.</summary>
    public void Ask(CampaignSet campaigns)
    {
        _anybody = 0;
        for (var i = 0; i < _lanes.Length; i++)
        {
            _lanes[i].Open();
            _anybody |= _asking[i] = campaigns.AskingFor(_lanes[i].Lane.Served.Alias);
        }
    }

    /// <summary>Adds a row to the models that its campaigns ask for.</summary>
    public void Add(int row, ulong eligible, in CartRecord cart, in FeatureMoment moment)
    {
        if ((eligible & _anybody) == 0)
        {
            return;
        }

        for (var i = 0; i < _lanes.Length; i++)
        {
            if ((eligible & _asking[i]) != 0)
            {
                _lanes[i].Add(row, cart, moment);
            }
        }
    }

    /// <summary>Scores all rows.</summary>
    public void Score()
    {
        foreach (var lane in _lanes)
        {
            lane.Score();
        }
    }

    /// <summary>Returns the lane of the model that a campaign asks for; <see langword="null"/> if it is not here or has no scores.</summary>
    /// <param name="campaign">The campaign's bit.</param>
    public SideLane? Of(ulong campaign)
    {
        for (var i = 0; i < _lanes.Length; i++)
        {
            if ((campaign & _asking[i]) != 0)
            {
                return _lanes[i].IsScored ? _lanes[i] : null;
            }
        }

        return null;
    }

    /// <summary>Stops the model of a lane.</summary>
    public void Fail(ScoreLane lane, ModelException e) => Array.Find(_lanes, named => named.Lane == lane)?.Fail(e);

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        foreach (var lane in _lanes)
        {
            lane.Clear();
        }
    }
}

using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline.Serving;

/// <summary>
/// The rows of a batch that a model scores besides the champion: the canary's, or those whose campaigns ask for the model. A model that
/// throws is stopped; then its rows have no score of it. A model that somebody else stops is used until the next exchange, which the journal records: so a
/// replay stops it at the same event.
/// </summary>
sealed class SideLane
{
    readonly ScoreLane _lane;
    readonly int[] _slots;
    bool _isOpen, _isScored;

    /// <summary>Creates a lane.</summary>
    /// <param name="lane">The model's part of the batch, which the caller owns.</param>
    /// <param name="capacity">Maximum number of rows.</param>
    public SideLane(ScoreLane lane, int capacity)
    {
        _lane = lane;
        _slots = new int[capacity];
        Open();
    }

    /// <summary>The model's part of the batch.</summary>
    public ScoreLane Lane => _lane;

    /// <summary>Whether the model is used.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>Uses the model from the next row on, unless it was stopped. Between two batches.</summary>
    public void Open() => _isOpen = _lane.Served.Fault is null;

    /// <summary>Adds the row of a cart, from the champion's.</summary>
    /// <param name="row">Its index in the batch.</param>
    /// <param name="copy">Makes the row.</param>
    /// <param name="champion">The champion's row.</param>
    /// <param name="cart">The cart.</param>
    /// <param name="moment">The time of the features.</param>
    public void Add(int row, RowCopy copy, ReadOnlySpan<float> champion, in CartRecord cart, in FeatureMoment moment) =>
        _slots[row] = _lane.Add(copy, champion, cart, moment);

    /// <summary>Adds the row of a cart.</summary>
    /// <param name="row">Its index in the batch.</param>
    /// <param name="cart">The cart.</param>
    /// <param name="moment">The time of the features.</param>
    public void Add(int row, in CartRecord cart, in FeatureMoment moment) => _slots[row] = _lane.Add(cart, moment);

    /// <summary>Scores the rows, and stops the model if it throws.</summary>
    public void Score()
    {
        _isScored = false;
        if (_lane.Count == 0 || !IsOpen)
        {
            return;
        }

        try
        {
            _lane.Score(isTimed: true);
            _isScored = true;
        }
        catch (ModelException e)
        {
            Fail(e);
        }
    }

    /// <summary>Stops the model, here at once.</summary>
    public void Fail(ModelException e)
    {
        _isOpen = false;
        _lane.Fail(e);
    }

    /// <summary>Whether the rows have scores, of a model that is still used.</summary>
    public bool IsScored => _isScored && IsOpen;

    /// <summary>The score of a row that was added.</summary>
    public float ScoreOf(int row) => _lane.ScoreAt(_slots[row]);

    /// <summary>The features of a row that was added.</summary>
    public ReadOnlySpan<float> FeaturesOf(int row) => _lane.FeaturesAt(_slots[row]);

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        _isScored = false;
        _lane.Clear();
    }
}

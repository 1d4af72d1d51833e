using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline.Serving;

/// <summary>
/// The rows of a batch that a model scores besides the champion: the canary's, or those whose campaigns ask for the model. A model that
/// throws is stopped; then its rows have no score of it.
/// </summary>
sealed class SideLane : IDisposable
{
    readonly ScoreLane _lane;
    readonly int[] _slots;
    bool _isScored;

    /// <summary>Creates a lane.</summary>
    /// <param name="served">The model.</param>
    /// <param name="capacity">Maximum number of rows.</param>
    /// <exception cref="ObjectDisposedException">The model was replaced and released.</exception>
    public SideLane(ServedModel served, int capacity)
    {
        _lane = new ScoreLane(served, capacity);
        _slots = new int[capacity];
    }

    /// <summary>The model's part of the batch.</summary>
    public ScoreLane Lane => _lane;

    /// <summary>Whether the model is used.</summary>
    public bool IsOpen => _lane.Served.Fault is null;

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
            _lane.Fail(e);
        }
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

    /// <inheritdoc/>
    public void Dispose() => _lane.Dispose();
}

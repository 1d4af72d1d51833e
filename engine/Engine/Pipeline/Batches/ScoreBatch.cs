using System.Diagnostics.CodeAnalysis;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Pipeline.Serving;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Batches;

/// <summary>
/// Collects the rows for one model run: each cart's features right after its event, written directly into the models' inputs, plus a
/// snapshot of each cart that a campaign may act on. The champion scores every row, so that a canary that fails costs no decision.
/// </summary>
sealed class ScoreBatch : IDisposable
{
    readonly ScoreRow[] _rows;
    readonly CartSnapshot[] _snapshots;
    ServingLanes _lanes;
    ScoreLane _champion;
    CanaryLane? _canary;
    NamedLanes _named;
    ShadowLanes _shadows;
    CampaignSet _campaigns;
    ulong _askingForNamed;
    bool _hasSideLanes;
    int _snapshotCount;

    /// <summary>Creates a batch.</summary>
    /// <param name="plan">The models.</param>
    /// <param name="campaigns">The campaigns that rows are gathered for.</param>
    /// <param name="capacity">Maximum number of rows.</param>
    /// <exception cref="ObjectDisposedException">A model was replaced and released.</exception>
    public ScoreBatch(ServingPlan plan, CampaignSet campaigns, int capacity)
    {
        _rows = new ScoreRow[capacity];
        _snapshots = new CartSnapshot[capacity];
        Take(new ServingLanes(plan, capacity));
        Use(campaigns);
    }

    /// <summary>Scores by other models from here on. Between two batches; if it throws, nothing has changed.</summary>
    /// <exception cref="ObjectDisposedException">A model was replaced and released.</exception>
    public void Exchange(ServingPlan plan)
    {
        var (former, next) = (_lanes, new ServingLanes(plan, _rows.Length, _lanes));
        Take(next);
        next.Replace(former);
    }

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary><see langword="true"/> if there is no room for another row.</summary>
    public bool IsFull => Count == _rows.Length;

    /// <summary>The row at this index.</summary>
    public ref readonly ScoreRow this[int index] => ref _rows[index];

    /// <summary>The deciders of all models that may decide.</summary>
    public IEnumerable<Decider> Deciders => _lanes.Deciders;

    /// <summary>Gathers rows for other campaigns from here on. Between two batches.</summary>
    [MemberNotNull(nameof(_campaigns))]
    public void Use(CampaignSet campaigns)
    {
        _campaigns = campaigns;
        _canary?.Rows.Open();
        _named.Ask(campaigns);
        _askingForNamed = campaigns.AskingForNamed;
        _hasSideLanes = _canary is not null || _named.IsAsked;
    }

    /// <summary>Adds the cart's current row.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="moment">The time of the features.</param>
    /// <param name="eligible">Bit mask of the campaigns whose trigger and conditions hold.</param>
    /// <param name="key">The cart's key.</param>
    /// <param name="receivedAt">The partition's clock.</param>
    /// <param name="at">The time of the decision; 0 for that of the features.</param>
    public void Gather(in CartRecord cart, in FeatureMoment moment, ulong eligible, in Hash128 key, long receivedAt, long at = 0)
    {
        var slot = _champion.Add(cart, moment);
        ref var row = ref _rows[Count];
        row.Key = key;
        row.At = at == 0 ? moment.At : at;
        row.ReceivedAt = receivedAt;
        row.Eligible = eligible;
        row.Snapshot = -1;
        row.IsCanary = false;
        if (_hasSideLanes)
        {
            GatherBeside(ref row, cart, moment, _champion.FeaturesAt(slot));
        }

        if (_shadows.IsOpen)
        {
            _shadows.Add(Count, key, cart, moment, _champion.FeaturesAt(slot));
        }

        Count++;
    }

    /// <summary>Reserves a snapshot for the last row; without one the row cannot be decided on.</summary>
    /// <returns>The snapshot to fill.</returns>
    public ref CartSnapshot AddSnapshot()
    {
        _rows[Count - 1].Snapshot = _snapshotCount;
        return ref _snapshots[_snapshotCount++];
    }

    /// <summary>Runs the models over their rows.</summary>
    /// <param name="trace">Records the duration; null if not traced.</param>
    /// <returns>The champion's scores.</returns>
    public ReadOnlySpan<float> Score(CommitBatchTrace? trace = null)
    {
        var began = trace?.BeginRun() ?? 0;
        var scores = _champion.Score(isTimed: _hasSideLanes);
        if (_hasSideLanes)
        {
            _canary?.Rows.Score();
            _named.Score();
        }

        trace?.EndRun(began, Count);
        return scores;
    }

    /// <summary>Finds the score that decides on a row.</summary>
    /// <param name="index">The row.</param>
    /// <param name="campaign">The campaign's bit.</param>
    /// <param name="score">The score.</param>
    /// <param name="features">The row's features, in the order of the model that scored.</param>
    /// <returns>The lane of the model that scored; null if the campaign asks for a model that has no score.</returns>
    public ScoreLane? ScoreOf(int index, ulong campaign, out float score, out ReadOnlySpan<float> features)
    {
        if ((campaign & _askingForNamed) != 0)
        {
            return Take(_named.Of(campaign), index, out score, out features);
        }

        if (_rows[index].IsCanary && _canary is { Rows: { IsScored: true } canary })
        {
            return Take(canary, index, out score, out features);
        }

        score = _champion.ScoreAt(index);
        features = _champion.FeaturesAt(index);
        return _champion;
    }

    /// <summary>Explains a score of a model other than the champion, and stops the model if it throws; then its rows have no score of it.</summary>
    /// <param name="lane">The lane of the model that scored.</param>
    /// <param name="features">The row's features.</param>
    /// <param name="effects">The reasons; empty for the champion, whose failure ends the partition wherever it happens.</param>
    public bool TryExplain(ScoreLane lane, ReadOnlySpan<float> features, out ReadOnlySpan<FeatureEffect> effects)
    {
        effects = default;
        if (lane == _champion)
        {
            return true;
        }

        try
        {
            effects = lane.Decider.Explain(features);
            return true;
        }
        catch (ModelException e)
        {
            Fail(lane, e);
            return false;
        }
    }

    void Fail(ScoreLane lane, ModelException e)
    {
        if (_canary?.Rows is { } canary && canary.Lane == lane)
        {
            canary.Fail(e);
        }
        else
        {
            _named.Fail(lane, e);
        }
    }

    /// <summary>The canary; null for none.</summary>
    public CanaryLane? Canary => _canary;

    /// <summary>Gives the shadows their rows, and what follows the canary both models' scores. After the decisions.</summary>
    public void Publish()
    {
        for (var i = 0; _canary is not null && i < Count; i++)
        {
            if (_rows[i].IsCanary)
            {
                _canary.SignalScores(_rows[i], i, _champion.ScoreAt(i));
            }
        }

        if (_shadows.IsOpen)
        {
            _shadows.Publish(_champion.Scores);
        }
    }

    /// <summary>The cart snapshot of the row at this index.</summary>
    public ref readonly CartSnapshot CartAt(int index) => ref _snapshots[_rows[index].Snapshot];

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        Count = 0;
        _snapshotCount = 0;
        _champion.Clear();
        if (_hasSideLanes)
        {
            _canary?.Rows.Clear();
            _named.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lanes.Dispose();

    [MemberNotNull(nameof(_lanes), nameof(_champion), nameof(_named), nameof(_shadows))]
    void Take(ServingLanes lanes) =>
        (_lanes, _champion, _canary, _named, _shadows) = (lanes, lanes.Champion, lanes.Canary, lanes.Named, lanes.Shadows);

    static ScoreLane? Take(SideLane? lane, int index, out float score, out ReadOnlySpan<float> features)
    {
        if (lane is null)
        {
            score = 0;
            features = default;
            return null;
        }

        score = lane.ScoreOf(index);
        features = lane.FeaturesOf(index);
        return lane.Lane;
    }

    void GatherBeside(ref ScoreRow row, in CartRecord cart, in FeatureMoment moment, ReadOnlySpan<float> champion)
    {
        if (_canary is not null && _canary.Includes(cart))
        {
            row.IsCanary = true;
            _canary.Add(Count, champion, cart, moment);
        }

        _named.Add(Count, row.Eligible, cart, moment);
    }
}

/// <summary>Describes a row of a <see cref="ScoreBatch"/>.</summary>
struct ScoreRow
{
    /// <summary>The cart's key.</summary>
    public Hash128 Key;

    /// <summary>Time of the decision: an event's own, or when a cart was idle for long enough.</summary>
    public long At;

    /// <summary>The partition's clock when it was gathered.</summary>
    public long ReceivedAt;

    /// <summary>Bit mask of the campaigns whose trigger and conditions hold.</summary>
    public ulong Eligible;

    /// <summary>Index of the cart's snapshot; -1 if nothing can be decided.</summary>
    public int Snapshot;

    /// <summary>Whether the canary decides.</summary>
    public bool IsCanary;
}

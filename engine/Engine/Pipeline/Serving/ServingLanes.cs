using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Engine.Pipeline.Serving;

/// <summary>
/// The lanes of a plan's models. An exchange makes lanes of the models that are new and takes over the others, so that its cost is that of what has changed.
/// One thread at a time.
/// </summary>
sealed class ServingLanes : IDisposable
{
    readonly Dictionary<ServedModel, ScoreLane> _all = [];

    /// <summary>Creates the lanes.</summary>
    /// <param name="plan">The models.</param>
    /// <param name="capacity">Maximum number of rows.</param>
    /// <param name="former">The lanes before, for <see cref="Replace"/>; null at the start. They stay usable if the constructor throws.</param>
    /// <exception cref="ObjectDisposedException">A model was replaced and released.</exception>
    public ServingLanes(ServingPlan plan, int capacity, ServingLanes? former = null)
    {
        try
        {
            Champion = Of(plan.Champion, capacity, former);
            Named = new NamedLanes([.. plan.Named.Select(named => new SideLane(Of(named, capacity, former), capacity))]);
            Canary = plan.Canary is { } canary
                ? new CanaryLane(canary, new SideLane(Of(canary.Served, capacity, former), capacity), Champion.Served.Model.Features, former?.Canary) : null;
            Shadows = new ShadowLanes(plan, former?.Shadows);
        }
        catch
        {
            Release(former);
            throw;
        }
    }

    /// <summary>The champion's.</summary>
    public ScoreLane Champion { get; }

    /// <summary>The canary's; null for none.</summary>
    public CanaryLane? Canary { get; }

    /// <summary>Those of models with a job of their own.</summary>
    public NamedLanes Named { get; }

    /// <summary>The shadows'.</summary>
    public ShadowLanes Shadows { get; }

    /// <summary>The deciders of all models that may decide.</summary>
    public IEnumerable<Decider> Deciders => _all.Values.Select(lane => lane.Decider);

    /// <summary>Ends the former lanes, except what these have taken over.</summary>
    public void Replace(ServingLanes former)
    {
        former.Canary?.Close(Canary);
        former.Shadows.Close(Shadows);
        foreach (var lane in former._all.Values.Where(lane => !_all.ContainsValue(lane)))
        {
            // Off the partition's thread: to release a graph's bindings takes as long as many batches.
            ThreadPool.UnsafeQueueUserWorkItem(static lane => lane.Dispose(), lane, preferLocal: false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Canary?.Close(next: null);
        Shadows.Close();
        Release(former: null);
    }

    ScoreLane Of(ServedModel served, int capacity, ServingLanes? former)
    {
        if (!_all.TryGetValue(served, out var lane))
        {
            _all[served] = lane = former?._all.GetValueOrDefault(served) ?? new ScoreLane(served, capacity);
        }

        return lane;
    }

    void Release(ServingLanes? former)
    {
        foreach (var lane in _all.Values.Where(lane => former?._all.ContainsValue(lane) != true))
        {
            lane.Dispose();
        }
    }
}

using System.Diagnostics;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline.Serving;

/// <summary>
/// A model's part of a score batch: the rows that it scores, with a scorer and a decider of its own. One thread at a time; allocates nothing after
/// construction.
/// </summary>
sealed class ScoreLane : IDisposable
{
    readonly FeatureVector _vector;
    readonly BatchScorer _scorer;

    /// <summary>Creates a lane.</summary>
    /// <param name="served">The model.</param>
    /// <param name="capacity">Maximum number of rows.</param>
    /// <exception cref="ObjectDisposedException">The model was replaced and released.</exception>
    public ScoreLane(ServedModel served, int capacity)
    {
        Served = served;
        _vector = new FeatureVector(served.Model.Features);
        _scorer = served.Model.CreateScorer(capacity);
        try
        {
            Decider = new Decider(served);
        }
        catch
        {
            _scorer.Dispose();
            throw;
        }
    }

    /// <summary>The model.</summary>
    public ServedModel Served { get; }

    /// <summary>Builds the interventions that the model's scores decide.</summary>
    public Decider Decider { get; }

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>Adds the cart's current row.</summary>
    /// <returns>Its slot.</returns>
    public int Add(in CartRecord cart, in FeatureMoment moment)
    {
        _vector.Fill(cart, moment, _scorer.Row(Count));
        return Count++;
    }

    /// <summary>Adds a row made from the champion's.</summary>
    /// <returns>Its slot.</returns>
    public int Add(RowCopy copy, ReadOnlySpan<float> champion, in CartRecord cart, in FeatureMoment moment)
    {
        copy.Fill(champion, cart, moment, _scorer.Row(Count));
        return Count++;
    }

    /// <summary>Scores all rows.</summary>
    /// <param name="isTimed">Whether the run's duration counts for the model.</param>
    /// <exception cref="ModelException">The run failed.</exception>
    public ReadOnlySpan<float> Score(bool isTimed)
    {
        var began = isTimed ? Stopwatch.GetTimestamp() : 0;
        var scores = _scorer.Score(Count);
        if (isTimed)
        {
            Served.Traffic.AddTime(Count, Stopwatch.GetTimestamp() - began);
        }

        if (Count > 0)
        {
            Served.Traffic.AddRun(Count);
        }

        return scores;
    }

    /// <summary>Counts a failed run, and stops the model.</summary>
    public void Fail(ModelException e)
    {
        Served.Traffic.AddFailure();
        Served.Stop($"{e.Code}: {e.Message}");
    }

    /// <summary>The scores of the last run.</summary>
    public ReadOnlySpan<float> Scores => _scorer.Scores(Count);

    /// <summary>The score of a slot in the last run.</summary>
    public float ScoreAt(int slot) => _scorer.ScoreAt(slot);

    /// <summary>The features of a slot.</summary>
    public ReadOnlySpan<float> FeaturesAt(int slot) => _scorer.Row(slot);

    /// <summary>Removes all rows.</summary>
    public void Clear() => Count = 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        _scorer.Dispose();
        Decider.Dispose();
    }
}

using System.Numerics;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Serving;

/// <summary>Copies a sample of a batch's rows for the shadows. Allocates nothing after construction.</summary>
sealed class ShadowLanes
{
    readonly (ShadowModel Shadow, RowCopy Copy, ShadowFeed Feed)[] _lanes;
    readonly ulong _highest;

    /// <summary>Opens a queue for each shadow.</summary>
    /// <param name="plan">The models.</param>
    /// <param name="former">The lanes before an exchange, whose queues go on where the shadow is the same; null for none.</param>
    public ShadowLanes(ServingPlan plan, ShadowLanes? former = null)
    {
        var champion = plan.Champion.Model.Features;
        _lanes = [.. plan.Shadows.Select(shadow => (shadow, new RowCopy(champion, shadow.Served.Model.Features), former?.FeedOf(shadow) ?? shadow.Open()))];
        _highest = _lanes.Length == 0 ? 0 : _lanes.Max(lane => lane.Shadow.Threshold);
    }

    /// <summary>Whether there is a shadow.</summary>
    public bool IsOpen => _lanes.Length > 0;

    /// <summary>Copies the cart's row for the shadows whose sample it is in.</summary>
    /// <param name="index">The row's index in the batch.</param>
    /// <param name="key">The cart's key.</param>
    /// <param name="cart">The cart.</param>
    /// <param name="moment">The time of the features.</param>
    /// <param name="champion">The champion's row.</param>
    public void Add(int index, in Hash128 key, in CartRecord cart, in FeatureMoment moment, ReadOnlySpan<float> champion)
    {
        // The row's hash: a multiply and a rotation suffice, since the key is a hash. All shadows share it, so that lower rates are within higher ones.
        var mixed = (key.Low ^ BitOperations.RotateLeft((ulong)moment.At * 0x9e3779b97f4a7c15, 31)) * 0xc4ceb9fe1a85ec53;
        var hash = mixed >> 32;
        if (hash >= _highest)
        {
            return;
        }

        foreach (var (shadow, copy, feed) in _lanes)
        {
            if (hash < shadow.Threshold && shadow.Served.Fault is null && feed.TryReserve(index, key, moment.At, out var features))
            {
                copy.Fill(champion, cart, moment, features);
            }
        }
    }

    /// <summary>Gives the shadows the copied rows, with the champion's scores.</summary>
    public void Publish(ReadOnlySpan<float> champion)
    {
        foreach (var (_, _, feed) in _lanes)
        {
            feed.Publish(champion);
        }
    }

    /// <summary>Closes the queues, except those that other lanes go on with.</summary>
    public void Close(ShadowLanes? next = null)
    {
        foreach (var (shadow, _, feed) in _lanes)
        {
            if (next?.FeedOf(shadow) != feed)
            {
                feed.Close();
            }
        }
    }

    ShadowFeed? FeedOf(ShadowModel shadow) => Array.Find(_lanes, lane => lane.Shadow == shadow).Feed;
}

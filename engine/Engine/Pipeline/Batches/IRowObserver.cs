using CartRecovery.Engine.Events;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline.Batches;

/// <summary>
/// Receives what a replay's stages fold and score, in order. For data sets: the engine's own partitions have no observer.
/// </summary>
public interface IRowObserver
{
    /// <summary>Receives a cart right after an event was folded into it.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="e">The event.</param>
    /// <param name="isBot">Whether the cart counts as a bot's.</param>
    void OnEvent(in CartRecord cart, in EventRecord e, bool isBot);

    /// <summary>Receives a purchase, a refund or a cancellation, after <see cref="OnEvent"/>.</summary>
    /// <param name="cart">The cart; an empty one for an event without a cart.</param>
    /// <param name="e">The event.</param>
    /// <param name="order">The key of the order that it names; 0 for none.</param>
    void OnOrder(in CartRecord cart, in EventRecord e, ulong order);

    /// <summary>Receives the row of that event: it will be scored.</summary>
    /// <param name="index">Its index in the score batch.</param>
    /// <param name="cart">The cart.</param>
    /// <param name="e">The event.</param>
    /// <param name="moment">The moment that the features are computed for.</param>
    /// <param name="receivedAt">The partition's clock (ms since 1970 UTC).</param>
    void OnRow(int index, in CartRecord cart, in EventRecord e, in FeatureMoment moment, long receivedAt);

    /// <summary>Receives the score of a row of the batch, of an event or of an idle cart.</summary>
    /// <param name="index">Its index in the score batch.</param>
    /// <param name="score">The champion's probability, 0–1.</param>
    void OnScore(int index, float score);
}

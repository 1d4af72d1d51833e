using System.Buffers.Binary;
using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// Builds the intervention of a decision: offer, cart and reasons. Decisions are rare compared to events, so this may allocate.
/// </summary>
public sealed class Decider : IDisposable
{
    const int TopFeatures = 3;

    readonly ServedModel _model;
    readonly Attribution _attribution;
    readonly FeatureEffect[] _top = new FeatureEffect[TopFeatures];

    /// <summary>Creates a decider.</summary>
    /// <param name="model">The model whose scores it decides by.</param>
    /// <exception cref="ObjectDisposedException">The model was replaced and released.</exception>
    public Decider(ServedModel model)
    {
        _model = model;
        _attribution = new Attribution(model.Model);
    }

    /// <summary>The stores by number.</summary>
    public StoreTable Stores { get; set; } = new([]);

    /// <summary>Finds the features that moved a score most, strongest first. Runs the model.</summary>
    /// <param name="row">The scored features.</param>
    /// <returns>At most three; valid until the next call.</returns>
    /// <exception cref="ModelException">The run failed.</exception>
    public ReadOnlySpan<FeatureEffect> Explain(ReadOnlySpan<float> row) => _top.AsSpan(0, _attribution.Explain(row, _top));

    /// <summary>Builds the intervention of a campaign for a cart.</summary>
    /// <param name="campaign">The campaign that was triggered.</param>
    /// <param name="cart">The cart at the time of the trigger.</param>
    /// <param name="key">The cart's key.</param>
    /// <param name="at">Event time of the trigger (ms since 1970 UTC).</param>
    /// <param name="score">The model's probability, 0–1.</param>
    /// <param name="effects">The score's reasons: see <see cref="Explain"/>.</param>
    public Intervention Decide(Campaign campaign, in CartSnapshot cart, in Hash128 key, long at, float score, ReadOnlySpan<FeatureEffect> effects)
    {
        var store = Stores[cart.Store];
        var (cartId, userId, sessionId) = (Encoding.UTF8.GetString(cart.CartId), Encoding.UTF8.GetString(cart.UserId), Encoding.UTF8.GetString(cart.SessionId));
        var summary = new CartSummary(Quantity.ToDecimal(cart.Units), Money.ToDecimal(cart.Value), CurrencyCode.ToString(cart.Currency));
        var step = campaign.First;
        var offer = step.Offers[0];
        return new Intervention
        {
            Id = IdempotencyKey(key, campaign.Name, at),
            StoreId = store.Id,
            CartId = cartId,
            UserId = userId.Length == 0 ? null : userId,
            SessionId = sessionId.Length == 0 ? null : sessionId,
            Campaign = campaign.Name,
            Channel = step.Channel,
            Action = offer.Action,
            DiscountPercent = offer.DiscountPercent,
            Code = offer.Code,
            // The texts are rendered when the message is sent, with the data of that moment and off this thread.
            Message = "",
            Cart = summary,
            Reasons = new DecisionReasons(campaign.Rule, score, effects.ToArray(), _model.Id),
            DecidedAt = DateTimeOffset.FromUnixTimeMilliseconds(at),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _attribution.Dispose();

    // Derived from the decision itself, so that a replay of the same events gives the same key.
    static string IdempotencyKey(in Hash128 cart, string campaign, long at)
    {
        var name = Encoding.UTF8.GetBytes(campaign);
        var bytes = new byte[24 + name.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, cart.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), cart.High);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), at);
        name.CopyTo(bytes, 24);
        return InterventionIds.Of(at, Hash128.Of(bytes, seed: 0));
    }
}

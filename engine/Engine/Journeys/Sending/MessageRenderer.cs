using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Sending;

/// <summary>Renders a message: its texts with the current cart and prices, its links, its recipient.</summary>
/// <param name="products">The products.</param>
public sealed class MessageRenderer(ProductTable products)
{
    /// <summary>The message of previews and tests: their links record nothing.</summary>
    public const string SampleId = "iv_00000000000000000000000000000000";

    const int UnsubscribeDays = 365;

    /// <summary>Renders a message.</summary>
    /// <inheritdoc cref="Prepare"/>
    /// <exception cref="MessageRenderingException">A template exceeds its bounds.</exception>
    public Intervention Compose(
        JourneyOptions options, Intervention candidate, string id, CampaignStep step, int number, Offer offer, AddressKind address,
        in CartRecord? cart, Addressee addressee, long now) =>
        Prepare(options, candidate, id, step, number, offer, address, cart, addressee, now).Render();

    /// <summary>Gathers what a message shows.</summary>
    /// <param name="options">Provides links and their signer.</param>
    /// <param name="candidate">The decision that started the journey.</param>
    /// <param name="id">The message's id.</param>
    /// <param name="step">The step.</param>
    /// <param name="number">The step's number, from 1.</param>
    /// <param name="offer">The offer.</param>
    /// <param name="address">The kind of address the channel needs.</param>
    /// <param name="cart">The current cart; <see langword="null"/> to use the cart of the decision.</param>
    /// <param name="addressee">The shopper.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public PreparedMessage Prepare(
        JourneyOptions options, Intervention candidate, string id, CampaignStep step, int number, Offer offer, AddressKind address,
        in CartRecord? cart, Addressee addressee, long now)
    {
        var lines = cart is { } record && options.Stores.Find(candidate.StoreId) is { } store ? LinesOf(store, record, addressee.ShowsClaims) : [];
        var summary = cart is { } current ? SummaryOf(current, lines) : candidate.Cart;
        var links = LinksOf(options, candidate, id, address != AddressKind.None, now);
        var values = new MessageValues(candidate.StoreId, addressee.ShowsClaims ? ShownForm(options, candidate, candidate.CartId) : "", summary, offer.DiscountPercent)
        {
            Action = offer.Action,
            Code = offer.Code,
            Locale = options.FindStore(candidate.StoreId)?.Locale ?? MoneyLocale.Default,
            StoreName = options.FindStore(candidate.StoreId)?.Name,
            CustomerId = candidate.UserId is { } user ? ShownForm(options, candidate, user) : null,
            Recipient = addressee.Recipient,
            Attributes = addressee.Attributes,
            Now = DateTimeOffset.FromUnixTimeMilliseconds(now),
            TimeZone = addressee.Zone,
            Links = links,
            Lines = [.. lines.Select(l => l.Line)],
        };
        var message = candidate with
        {
            Id = id,
            Channel = step.Channel,
            Action = offer.Action,
            DiscountPercent = offer.DiscountPercent,
            Code = offer.Code,
            Step = number,
            Recipient = addressee.Recipient,
            Links = links,
            Cart = summary,
        };
        return new PreparedMessage(message, step, values, step.Html is null ? "" : PixelOf(options, candidate, id, now));
    }

    /// <summary>Returns a cart's lines at current prices.</summary>
    /// <param name="store">The cart's store.</param>
    /// <param name="cart">The cart.</param>
    /// <param name="showsClaims">Whether a product that the server does not know gets the name that the cart's browser gave it.</param>
    internal List<(MessageLine Line, Product? Product)> LinesOf(Store store, in CartRecord cart, bool showsClaims)
    {
        var lines = new List<(MessageLine, Product?)>();
        var key = showsClaims ? store.Ids.CartOf(cart.CartId) : default;
        var currency = CurrencyCode.ToString(cart.Currency);
        for (var i = 0; i < cart.LineCount; i++)
        {
            var line = cart.Lines[i];
            var product = line.Product == 0 ? null : products.Find(store.Id, line.Product);
            var claim = showsClaims && line.Product != 0 && product?.Name is null ? products.ClaimOf(key, line.Product) : null;
            var (ofLine, id) = (line.Currency == 0 ? currency : CurrencyCode.ToString(line.Currency), product?.Id ?? claim?.Id);
            // The catalogue's prices are in the store's currency.
            var value = product?.Price is { } price && ofLine == store.Currency ? Quantity.Price(price, line.Units) : line.Value;
            var unnamed = line.Product == CartLine.Combined ? OtherProducts.NameIn(store.Locale.Name) : "";
            var (url, image) = (ShopLinks.Allowed(product?.Url, store), ShopLinks.Allowed(product?.Image, store));
            lines.Add((new MessageLine(product?.Name ?? claim?.Name ?? id ?? unnamed, line.Quantity, Money.ToDecimal(value), url, image)
            {
                ProductId = id,
                Variant = product?.Variant ?? claim?.Variant,
                Currency = ofLine,
                IsForeign = line.Currency != 0,
                Locale = store.Locale,
            }, product));
        }

        if (cart.Others.Units > 0)
        {
            lines.Add((new MessageLine(OtherProducts.NameIn(store.Locale.Name), cart.Others.Quantity, Money.ToDecimal(cart.Others.Value), null, null) { Currency = currency }, null));
        }

        return lines;
    }

    static string ShownForm(JourneyOptions options, Intervention candidate, string id) => options.FindStore(candidate.StoreId)?.Ids.ShownForm(id) ?? id;

    static CartSummary SummaryOf(in CartRecord cart, List<(MessageLine Line, Product? Product)> lines) =>
        new(cart.ItemCount, lines.Where(l => !l.Line.IsForeign).Sum(l => l.Line.Value), CurrencyCode.ToString(cart.Currency));

    static InterventionLinks? LinksOf(JourneyOptions options, Intervention candidate, string id, bool isMessage, long now)
    {
        if (options.PublicUrl is not { } root || options.FindStore(candidate.StoreId) is not { } store)
        {
            return null;
        }

        var restore = store.CartUrl is null ? null : $"{root}/v1/track/click/{Sign(LinkKind.Restore, now + options.RestoreFor)}";
        var unsubscribe = isMessage ? $"{root}/v1/track/unsubscribe/{Sign(LinkKind.Unsubscribe, now + (UnsubscribeDays * 86_400_000L))}" : null;
        return restore is null && unsubscribe is null ? null : new InterventionLinks(restore, unsubscribe);

        string Sign(LinkKind kind, long until) => options.Signer.Sign(new SignedLink(kind, id, candidate.StoreId, candidate.CartId, until));
    }

    static string PixelOf(JourneyOptions options, Intervention candidate, string id, long now)
    {
        if (options.PublicUrl is not { } root)
        {
            return "";
        }

        var token = options.Signer.Sign(new SignedLink(LinkKind.Open, id, candidate.StoreId, candidate.CartId, now + options.RestoreFor));
        return $"<img src=\"{root}/v1/track/open/{token}\" width=\"1\" height=\"1\" alt=\"\">";
    }

    /// <summary>
    /// Returns the id of a journey's step, derived from the first message's id and the step's number, so that a repetition has the same id.
    /// </summary>
    internal static string IdOf(Journey journey, int step) => step == 1 ? journey.Candidate.Id
        : InterventionIds.Of(journey.StartedAt, Hash128.Of(Encoding.UTF8.GetBytes($"{journey.Candidate.Id} {step}"), seed: 0));
}

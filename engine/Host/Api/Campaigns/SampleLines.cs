using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Messages;

namespace CartRecovery.Host.Api.Campaigns;

/// <summary>Creates the lines of a message's sample cart, so that previews and tests look like a shopper's message.</summary>
static class SampleLines
{
    /// <summary>Returns a message with sample products whose value is that of the sample cart.</summary>
    public static PreparedMessage AddTo(PreparedMessage message)
    {
        var cart = message.Values.Cart;
        var items = Math.Max(1, (int)cart.ItemCount);
        var each = cart.Value / items;
        return message with
        {
            Values = message.Values with { Lines = [.. Enumerable.Range(1, items).Select(i => new MessageLine($"Sample product {i}", 1, each, null, null))] },
        };
    }
}

using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Messages;

namespace CartRecovery.Host.Api.Campaigns;

/// <summary>Makes the lines of a message's sample cart, so that a preview and a test show what a shopper's message shows.</summary>
static class SampleLines
{
    /// <summary>Returns a message with products that stand for the shopper's, at the value of the sample cart.</summary>
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

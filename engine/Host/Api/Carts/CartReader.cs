using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CartRecovery.Host.Api.Carts;

/// <summary>Reads carts' state.</summary>
sealed class CartReader(PartitionSet partitions)
{
    /// <summary>Reads a store's cart, including every event accepted before the call; <see langword="null"/> where there is none.</summary>
    public Task<CartRecord?> FindAsync(Store store, string cartId, CancellationToken cancellationToken) =>
        partitions.FindAsync(KeyOf(store, cartId), cancellationToken);

    /// <summary>Returns a cart's key.</summary>
    public static Hash128 KeyOf(Store store, string cartId) => store.Ids.CartOf(Encoding.UTF8.GetBytes(cartId));

    /// <summary>Returns the id of a customer or a cart in a request's path; of a masked id, what is behind it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="routeValue">The route's value. In it an escaped slash cannot be told from a literal <c>%2F</c>, so the raw path is used
    /// instead.</param>
    /// <param name="kind">What the id names.</param>
    /// <param name="segmentsAfter">The number of segments after it.</param>
    /// <exception cref="ProblemException">The sender sees masked ids alone, and it is none.</exception>
    public static string IdOf(HttpContext context, string routeValue, PersonalIdKind kind, int segmentsAfter = 0) =>
        PersonalDataView.Of(context).Resolve(kind, TextOf(context, routeValue, segmentsAfter)) ?? throw new ProblemException(PersonalDataView.NotNamed(kind));

    /// <summary>Returns the id of a customer in a request's path as the shop writes it; otherwise as <see cref="IdOf"/>.</summary>
    /// <exception cref="ProblemException">The sender sees masked ids alone, and it is none.</exception>
    public static string ShownUserOf(HttpContext context, string routeValue) =>
        PersonalDataView.Of(context).ResolveShown(PersonalIdKind.Customer, TextOf(context, routeValue)) ?? throw new ProblemException(PersonalDataView.NotNamed(PersonalIdKind.Customer));

    /// <summary>Returns the text of an id in a request's path, unmasked and whatever it names.</summary>
    public static string TextOf(HttpContext context, string routeValue, int segmentsAfter = 0)
    {
        if (!routeValue.Contains('%'))
        {
            return routeValue;
        }

        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.IndexOf('?');
        var path = (query < 0 ? target : target[..query]).TrimEnd('/');
        return Uri.UnescapeDataString(path.Split('/')[^(1 + segmentsAfter)]);
    }
}

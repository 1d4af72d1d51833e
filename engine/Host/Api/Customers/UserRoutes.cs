using System.Buffers;
using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Engine.Messages;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Events;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Customers;

/// <summary>Routes of <c>/v1/users</c>: a shop's customers as resources. A write is an <c>identify</c> event and a <c>consent</c> event for each channel, without a cart.</summary>
static class UserRoutes
{
    const string UserIdHelp = "The customer's id, percent-encoded.";

    // Records that a page looks at, and how many at once on the journey thread.
    const int MaxLooked = 5_000, Step = 200;

    static readonly string s_read = Permission.Of(ApiTags.Customers, writes: false);

    static readonly HttpProblem s_exists = new(409, "customer_exists", "The customer exists already. Change it with PATCH /v1/users/{userId}.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/users", ApiTags.Customers);
        group.MapGet("", ListAsync)
            .Describe("listUsers", "List the shop's customers", """
                Those whom `POST /v1/users` or `identify` events of the shop's server named, in no particular order. A page may be short and still have a next one. `/v1/customers` lists
                those for whom a campaign was triggered.
                """)
            .Query(QueryParameters.Limit, QueryParameters.Cursor).WithMetadata(new ShowsPersonalData(IsMasked: true));
        group.MapGet("/{userId}", GetAsync)
            .Describe("getUser", "Get a customer of the shop", "Addresses, attributes and consents from the server's events and from user tokens.")
            .WithMetadata(new ShowsPersonalData(IsMasked: true)).Problems(ApiProblems.CustomerNotFound);
        group.MapPost("", AddAsync)
            .Describe("createUser", "Create a customer", """
                Sends the event `identify` without a cart, and a `consent` for each channel. They trigger no campaign. With an `id`, a repeated request has no effect and the same answer;
                an existing customer is changed, and the answer is 200. Requires `personal_data:read`, because the answer tells whether the customer exists. Without `customers:read`,
                the answer has no body.
                """)
            .WithMetadata(new RequiredPermission(KeyScopes.SendEvents), new AuditedChange("customer.add"), new ShowsPersonalData())
            .Produces<UserItem>(StatusCodes.Status201Created).Produces<UserItem>().Produces(StatusCodes.Status204NoContent)
            .Problems([s_exists, .. Problems]);
        group.MapPatch("/{userId}", ChangeAsync)
            .Describe("changeUser", "Change a customer", """
                Absent properties stay; `null` removes an attribute. Sends the events `identify` and `consent` without a cart. Creates an unknown customer. Without `customers:read`, the
                answer is 204.
                """)
            .WithMetadata(new RequiredPermission(KeyScopes.SendEvents), new AuditedChange("customer.change"), new ShowsPersonalData(IsMasked: true))
            .Produces<UserItem>().Produces(StatusCodes.Status204NoContent).Problems([ApiProblems.CustomerNotFound, .. Problems]);
    }

    static HttpProblem[] Problems => [ApiProblems.InvalidJson, ApiProblems.MissingField, UserChangeCheck.Masked, .. EventsRoutes.Rejections];

    static async Task<Ok<ItemPage<UserRow>>> ListAsync(HttpContext context, Caller caller, RequestQuery query, PersonalDataView view, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        var (limit, last) = (query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize), PositionOf(query.Of(QueryParameters.Cursor)));
        var found = new List<KnownCustomer>();
        Hash128? next = last;
        for (var looked = 0; looked < MaxLooked && found.Count < limit && next is { } after; looked += Step)
        {
            (var some, next) = await journeys.InvokeAsync((engine, _) => engine.Store.Customers.ListAfter(caller.Store.Id, after, Step)).WaitAsync(context.RequestAborted);
            found.AddRange(some);
        }

        if (found.Count > limit)
        {
            found.RemoveRange(limit, found.Count - limit);
            next = found[^1].Key;
        }

        var cursor = next is { } key ? string.Create(CultureInfo.InvariantCulture, $"{key.High:x16}{key.Low:x16}") : null;
        return TypedResults.Ok(new ItemPage<UserRow>([.. found.Select(customer => new UserRow(view.UserId(customer.UserId)!, view.Address(customer.Recipient.Email),
            view.Address(customer.Recipient.Phone), TimeOf(customer.CreatedAt, view), TimeOf(customer.UpdatedAt, view)))], SealedCursor.Seal(context, cursor)));
    }

    static async Task<Ok<UserItem>> GetAsync([Description(UserIdHelp)] string userId, HttpContext context, Caller caller, PersonalDataView view, JourneyWorker journeys)
    {
        var id = CartReader.IdOf(context, userId, PersonalIdKind.Customer);
        return TypedResults.Ok(ItemOf(await ReadAsync(caller, id, journeys), view.UserId(id)!, view) ?? throw new ProblemException(ApiProblems.CustomerNotFound));
    }

    static async Task<IResult> AddAsync(NewUserBody body, HttpContext context, Caller caller, PersonalDataView view, ServerEvents events, JourneyWorker journeys)
    {
        if (body.UserId is not { Length: > 0 } id)
        {
            throw new ProblemException(ApiProblems.MissingField with { Detail = "userId: required." });
        }

        AuditTarget.Set(context, $"customer:{view.MaskedUserId(id)}");
        var change = Checked(body.ToChange());
        var before = await ReadAsync(caller, id, journeys);
        if (before.IsKnown && change.Id is null)
        {
            throw new ProblemException(s_exists);
        }

        EnsureFits(before.Customer?.Attributes, change);
        var isRepeat = await SendAsync(context, caller, id, change, identifies: true, events);
        var item = ItemOf(await ReadAsync(caller, id, journeys), id, view) ?? throw new ProblemException(ApiProblems.NotDurable);
        var shown = MayRead(context) ? item : null;

        // A repeat is answered like the request that it repeats.
        return isRepeat || !before.IsKnown ? TypedResults.Created((string?)null, shown) : shown is null ? TypedResults.NoContent() : TypedResults.Ok(shown);
    }

    static async Task<IResult> ChangeAsync(
        [Description(UserIdHelp)] string userId, UserChange body, HttpContext context, Caller caller, PersonalDataView view, ServerEvents events, JourneyWorker journeys)
    {
        var id = CartReader.IdOf(context, userId, PersonalIdKind.Customer);
        AuditTarget.Set(context, $"customer:{view.MaskedUserId(id)}");
        var change = Checked(body);
        if (change.IdentifiesNothing && change.Consents is not { Count: > 0 })
        {
            throw new ProblemException(ApiProblems.MissingField with { Detail = "Expected something to change: email, phone, pushToken, timezone, attributes or consents." });
        }

        if (change.Attributes is { Count: > 0 })
        {
            EnsureFits((await ReadAsync(caller, id, journeys)).Customer?.Attributes, change);
        }

        await SendAsync(context, caller, id, change, !change.IdentifiesNothing, events);
        var item = ItemOf(await ReadAsync(caller, id, journeys), view.UserId(id)!, view) ?? throw new ProblemException(ApiProblems.CustomerNotFound);
        return MayRead(context) ? TypedResults.Ok(item) : TypedResults.NoContent();
    }

    // Whoever may only write learns nothing of the customer.
    static bool MayRead(HttpContext context) => context.User.Identity switch
    {
        UserIdentity user => user.User.Has(s_read, user.Caller?.Store.Id),
        StoreKeyIdentity key => key.Caller.Key.Allows(s_read),
        _ => false,
    };

    // What does not fit with the attributes that are kept would be left out when the event is applied.
    static void EnsureFits(string? known, UserChange change)
    {
        if (change.Attributes is not { Count: > 0 })
        {
            return;
        }

        var json = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            WriteAttributes(writer, change);
            writer.WriteEndObject();
        }

        CustomerAttributes.Merge(known, json.WrittenSpan, out var isComplete);
        if (!isComplete)
        {
            throw new ProblemException(ApiProblems.OutOfRange with
            {
                Detail = $"attributes: with those that are kept, they are longer than {CustomerAttributes.MaxLength} bytes of JSON. Take some away by setting them to null.",
            });
        }
    }

    static UserChange Checked(UserChange change) => UserChangeCheck.ProblemOf(change) is { } problem ? throw new ProblemException(problem) : change;

    static async Task<bool> SendAsync(HttpContext context, Caller caller, string userId, UserChange change, bool identifies, ServerEvents events)
    {
        var all = new List<ServerEvent>();
        if (identifies)
        {
            all.Add(new ServerEvent(EventType.Identify, change.Id, At: null, writer => WriteIdentity(writer, userId, change)));
        }

        foreach (var consent in change.Consents ?? [])
        {
            all.Add(new ServerEvent(EventType.Consent, change.Id is { } id ? $"{id}.{consent.Channel}" : null, At: null, writer => WriteConsent(writer, userId, consent)));
        }

        return await events.SendAsync(context, caller, all);
    }

    static void WriteIdentity(Utf8JsonWriter writer, string userId, UserChange change)
    {
        writer.WriteString("userId"u8, userId);
        writer.WriteStartObject("meta"u8);
        WriteText(writer, "email"u8, change.Email);
        WriteText(writer, "phone"u8, change.Phone);
        WriteText(writer, "pushToken"u8, change.PushToken);
        WriteText(writer, "timezone"u8, change.Timezone);
        WriteAttributes(writer, change);
        writer.WriteEndObject();
    }

    static void WriteAttributes(Utf8JsonWriter writer, UserChange change)
    {
        if (change.Attributes is { Count: > 0 } attributes)
        {
            writer.WriteStartObject("attributes"u8);
            foreach (var (name, value) in attributes)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }
    }

    static void WriteConsent(Utf8JsonWriter writer, string userId, UserConsent consent)
    {
        writer.WriteString("userId"u8, userId);
        writer.WriteStartObject("meta"u8);
        writer.WriteString("channel"u8, consent.Channel);
        writer.WriteBoolean("granted"u8, consent.Granted == true);
        if (consent.ExpiresAt is { } until)
        {
            writer.WriteNumber("expiresAt"u8, until.ToUnixTimeMilliseconds());
        }

        WriteText(writer, "purpose"u8, consent.Purpose);
        WriteText(writer, "textVersion"u8, consent.TextVersion);
        WriteText(writer, "source"u8, consent.Source);
        writer.WriteEndObject();
    }

    static void WriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }

    static async Task<UserState> ReadAsync(Caller caller, string id, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        var key = caller.Store.Ids.CustomerOf(Encoding.UTF8.GetBytes(id));
        return await journeys.InvokeAsync((engine, now) =>
            new UserState(engine.Store.Customers.Find(key), CustomersRoutes.ReachOf(engine.Store.Customers, caller.Store.Id, key, now)));
    }

    static UserItem? ItemOf(UserState state, string shownId, PersonalDataView view)
    {
        if (!state.IsKnown)
        {
            return null;
        }

        var (known, reach) = state;
        var recipient = known?.Recipient ?? new Recipient();
        return new UserItem(shownId, view.Address(recipient.Email), view.Address(recipient.Phone), view.Address(recipient.PushToken), known?.Zone, view.Attributes(known?.Attributes),
            new UserChannels(reach[0], reach[1], reach[2]), TimeOf(known?.CreatedAt, view), TimeOf(known?.UpdatedAt, view));
    }

    static Hash128 PositionOf(string? cursor) => cursor is null ? default
        : cursor.Length == 32 && ulong.TryParse(cursor.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            && ulong.TryParse(cursor.AsSpan(16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low) ? new Hash128(low, high)
        : throw Cursors.Wrong();

    // By the time of a change that they make, those who see masked ids alone could tell whose masked id it is.
    static DateTime? TimeOf(long? at, PersonalDataView view) => view.IsMasked || at is not { } known ? null : DateTimeOffset.FromUnixTimeMilliseconds(known).UtcDateTime;
}

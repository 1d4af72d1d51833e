using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;

namespace CartRecovery.Host.Api.Requests;

/// <summary>A request's query, parsed by its route's parameters. Binds as a handler parameter.</summary>
sealed class RequestQuery
{
    const int MaxListed = 8;

    static readonly RequestQuery s_empty = new();

    readonly Dictionary<QueryParameter, object> _values = [];

    /// <summary>Returns a text's value; <see langword="null"/> if absent.</summary>
    public string? Of(QueryParameter<string> parameter) => _values.GetValueOrDefault(parameter) as string ?? parameter.Default;

    /// <summary>Returns a parameter's value, or <paramref name="absent"/> if it is absent.</summary>
    public T Of<T>(QueryParameter<T> parameter, T absent)
        where T : struct => _values.TryGetValue(parameter, out var value) ? (T)value : absent;

    /// <summary>Binds the query that <see cref="CheckAsync"/> parsed.</summary>
    public static ValueTask<RequestQuery?> BindAsync(HttpContext context) =>
        ValueTask.FromResult<RequestQuery?>(context.Features.Get<RequestQuery>() ?? s_empty);

    /// <summary>Parses the query by its route's parameters and rejects unknown parameters and invalid values.</summary>
    public static Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.QueryString.HasValue || context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            return next(context);
        }

        var query = new RequestQuery();
        if (query.Read(context, endpoint.Metadata.GetMetadata<AcceptedQuery>() ?? AcceptedQuery.None) is { } problem)
        {
            return problem.ToResult().ExecuteAsync(context);
        }

        context.Features.Set(query);
        return next(context);
    }

    HttpProblem? Read(HttpContext context, AcceptedQuery accepted)
    {
        foreach (var (name, values) in context.Request.Query)
        {
            if (name == QueryParameters.Key)
            {
                continue;
            }

            var parameter = accepted.All.FirstOrDefault(p => p.Name == name);
            if (parameter is null)
            {
                if (accepted.AllowsOthers)
                {
                    continue;
                }

                return ApiProblems.UnknownParameter with { Detail = $"{Shown(name)}: unknown query parameter{Hint(name, accepted)}" };
            }

            var value = values.Count == 1 ? parameter.Read(values[0]!, Now(context)) : null;
            if (value is null)
            {
                return ApiProblems.InvalidParameter with { Detail = Wrong(parameter, values, Now(context)) };
            }

            if (parameter.IsCursor)
            {
                value = SealedCursor.Open(context, (string)value);
            }
            else if (parameter.IdKind is { } kind)
            {
                value = PersonalDataView.Of(context).ResolveStored(kind, (string)value);
            }

            if (value is null)
            {
                return ApiProblems.InvalidParameter with
                { Detail = $"{parameter.Name}: expected {parameter.Rule}{(parameter.IdKind is null ? ", of the same list and store" : "")}." };
            }

            _values.Add(parameter, value);
        }

        return null;
    }

    static string Wrong(QueryParameter parameter, StringValues values, long now) =>
        values.Count != 1 ? $"{parameter.Name}: expected one value, got {values.Count}."
        : parameter.Explain?.Invoke(values[0]!, now) is { } explained ? $"{parameter.Name}: {Shown(values[0]!)} {explained}."
        : Suggestion.Find(values[0]!, parameter.Values) is { } near
        ? $"{parameter.Name}: unknown value {Shown(values[0]!)}. Did you mean '{near}'?"
        : parameter.Values.Count > MaxListed ? $"{parameter.Name}: unknown value {Shown(values[0]!)}. See /docs for the list."
        : $"{parameter.Name}: expected {parameter.Rule}, got {Shown(values[0]!)}.";

    static string Hint(string name, AcceptedQuery accepted) => accepted.All.Count == 0 ? ". This path accepts none."
        : Suggestion.Find(name, accepted.All.Select(p => p.Name)) is { } near ? $". Did you mean '{near}'?"
        : $". This path accepts {string.Join(", ", accepted.All.Select(p => p.Name))}.";

    static long Now(HttpContext context) => context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds();

    static string Shown(string text) => $"'{(text.Length > 64 ? text[..64] + "…" : text)}'";
}

using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Audit;

/// <summary>
/// Records requests in the audit log by the metadata of their routes: requests that change something, requests that show personal data in
/// the clear to a user, and rejected requests of known callers.
/// </summary>
static class RequestAudit
{
    /// <summary>Adds the middleware. Must come after authorization.</summary>
    public static void UseRequestAudit(this IApplicationBuilder app)
    {
        var recorder = app.ApplicationServices.GetRequiredService<AuditRecorder>();
        app.Use((HttpContext context, RequestDelegate next) =>
            context.GetEndpoint() is RouteEndpoint route && IsRecorded(route.Metadata) && ActorOf(context) is { } actor
                ? RunAsync(context, route, actor, recorder, next) : next(context));
    }

    /// <summary>Records a rejected request. Does nothing if its caller is unknown.</summary>
    /// <param name="context">The request.</param>
    /// <param name="problem">Why the request is rejected.</param>
    /// <param name="recorder">Records the entry.</param>
    public static Task RecordRefusalAsync(HttpContext context, HttpProblem problem, AuditRecorder recorder) =>
        problem.Status == StatusCodes.Status403Forbidden && ActorOf(context) is { } actor && RouteOf(context) is { } route
            ? recorder.RefuseAsync(new AuditEvent(actor, "access.refused", TargetOf(context, route), Caller.Of(context)?.Store.Id, $$"""{"code":"{{problem.Code}}"}""")
            {
                Address = UserIdentity.AddressOf(context),
            })
            : Task.CompletedTask;

    /// <summary>Rejects a request for personal data if the caller may not see it, and records a user's access.</summary>
    /// <exception cref="ProblemException">The key or the user lacks <c>personal_data:read</c>.</exception>
    /// <exception cref="Engine.ControlPlane.Database.ControlDatabaseException">The access cannot be recorded.</exception>
    public static Task AdmitReadAsync(HttpContext context)
    {
        if (PersonalDataView.IsMaskedFor(context))
        {
            throw new ProblemException(context.User.Identity is StoreKeyIdentity ? KeyAccess.Lacks(Permission.PersonalData) : UserAccess.PermissionDenied);
        }

        return context.User.Identity is UserIdentity { Caller: { } caller } user && RouteOf(context) is { } route
            ? RecordReadAsync(context, route, user.ActorName, caller, context.RequestServices.GetRequiredService<AuditRecorder>()) : Task.CompletedTask;
    }

    /// <summary>Returns the route of a request. Works in an exception handler as well.</summary>
    public static RouteEndpoint? RouteOf(HttpContext context) => (context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint) as RouteEndpoint;

    static Task RecordReadAsync(HttpContext context, RouteEndpoint route, string actor, Caller caller, AuditRecorder recorder) =>
        recorder.ReadAsync(new AuditEvent(actor, "personal_data.read", TargetOf(context, route), caller.Store.Id) { Address = UserIdentity.AddressOf(context) });

    static async Task RunAsync(HttpContext context, RouteEndpoint route, string actor, AuditRecorder recorder, RequestDelegate next)
    {
        if (context.User.Identity is UserIdentity { Caller: { } caller } && route.Metadata.GetMetadata<ShowsPersonalData>() is { IsOfCart: false } && !PersonalDataView.IsMaskedFor(context))
        {
            await RecordReadAsync(context, route, actor, caller, recorder);
        }

        if (route.Metadata.GetMetadata<AuditedChange>() is not { } change)
        {
            await next(context);
            return;
        }

        // Rejects the change before it is made, if it could not be recorded.
        recorder.EnsureCapacity();
        var entry = new AuditEvent(actor, change.Action, change.TargetOf(context.Request.RouteValues), Caller.Of(context)?.Store.Id) { Address = UserIdentity.AddressOf(context) };
        var isRecorded = false;
        Task RecordAsync(int status)
        {
            if (isRecorded)
            {
                return Task.CompletedTask;
            }

            isRecorded = true;
            return recorder.RecordDoneAsync(entry with { Target = context.Features.Get<AuditTarget>()?.Text ?? entry.Target, Details = DetailsOf(status, context.Features.Get<AuditDetail>()) });
        }

        // Record before the response is sent: a change that the client knows of is in the log.
        context.Response.OnStarting(() => RecordAsync(context.Response.StatusCode));
        try
        {
            await next(context);
        }
        catch when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has disconnected; part of the change may have been made.
            await RecordAsync(StatusCodes.Status499ClientClosedRequest);
            throw;
        }

        await RecordAsync(context.Response.StatusCode);
    }

    static bool IsRecorded(EndpointMetadataCollection metadata) =>
        metadata.GetMetadata<AuditedChange>() is not null || metadata.GetMetadata<ShowsPersonalData>() is { IsOfCart: false };

    /// <summary>Returns the actor of a request, as in the audit log; <see langword="null"/> if unknown.</summary>
    public static string? ActorOf(HttpContext context) => context.User.Identity switch
    {
        UserIdentity user => user.ActorName,
        StoreKeyIdentity { Caller.Key.Kind: Engine.ControlPlane.Keys.KeyKind.Secret } key => key.ActorName,
        _ when context.Features.Get<RefusedUser>() is { } user => user.ActorName,
        _ => RouteOf(context)?.Metadata.GetMetadata<IAuthorizeData>()?.Policy == AccessPolicies.Operator ? "operator" : null,
    };

    static string TargetOf(HttpContext context, RouteEndpoint route) => $"route:{context.Request.Method} /{route.RoutePattern.RawText?.Trim('/')}";

    static string DetailsOf(int status, AuditDetail? detail)
    {
        var value = detail?.Value is string text ? $"\"{JsonEncodedText.Encode(text)}\"" : Convert.ToString(detail?.Value, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $$"""{"status":{{status}}{{(detail is null ? "" : $",\"{detail.Name}\":{value}")}}}""");
    }
}

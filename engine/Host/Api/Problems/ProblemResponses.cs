using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Problems;

/// <summary>Answers errors as RFC 9457 problem details with a stable <c>code</c>.</summary>
static class ProblemResponses
{
    /// <summary>The name of the member with the stable code.</summary>
    public const string Code = "code";

    /// <summary>The name of the member with all problems.</summary>
    public const string Problems = "problems";

    /// <summary>Adds problem details, with codes for the framework's own errors.</summary>
    public static void AddProblemResponses(this IServiceCollection services)
    {
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails();
        services.AddExceptionHandler<FailedRequests>();
    }

    /// <summary>Converts a problem to a handler's result.</summary>
    public static ProblemHttpResult ToResult(this HttpProblem problem) => TypedResults.Problem(new ProblemDetails
    {
        Type = "about:blank",
        Title = problem.Title,
        Status = problem.Status,
        Detail = problem.Detail,
        Extensions = problem.Problems is null ? new Dictionary<string, object?> { [Code] = problem.Code }
            : new Dictionary<string, object?> { [Code] = problem.Code, [Problems] = problem.Problems },
    });

    /// <summary>Returns the problem for a status that the framework answers without a body.</summary>
    public static HttpProblem OfStatus(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => Authenticator.MissingKey,
        StatusCodes.Status403Forbidden => AccessRejections.SecretKeyRequired,
        StatusCodes.Status404NotFound => ApiProblems.NotFound,
        StatusCodes.Status405MethodNotAllowed => ApiProblems.MethodNotAllowed,
        StatusCodes.Status408RequestTimeout => ApiProblems.RequestTimeout,
        StatusCodes.Status413PayloadTooLarge => ApiProblems.TooLarge,
        StatusCodes.Status415UnsupportedMediaType => ApiProblems.UnsupportedMediaType,
        >= 500 => ApiProblems.Internal with { Status = status },
        _ => ApiProblems.BadRequest with { Status = status },
    };

    /// <summary>Adds code, title and detail to a problem created by the framework.</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        var details = context.ProblemDetails;
        var status = details.Status ?? context.HttpContext.Response.StatusCode;
        if (!details.Extensions.ContainsKey(Code))
        {
            var problem = OfStatus(status);
            details.Type = "about:blank";
            details.Title = problem.Title;
            details.Detail = problem.Detail;
            details.Extensions[Code] = problem.Code;
        }

        if (status == StatusCodes.Status401Unauthorized)
        {
            context.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
        }
    }
}

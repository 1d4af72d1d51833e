using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Responses;

/// <summary>Answers with a JSON body written by a delegate; the route declares its type.</summary>
/// <param name="write">Writes the body.</param>
sealed class JsonResult(Action<Utf8JsonWriter> write) : IResult
{
    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext context) => ResponseWriter.JsonAsync(context, StatusCodes.Status200OK, write);
}

using BusJobs.Api.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace BusJobs.Api;

/// <summary>What the OpenAPI document says beyond what the endpoints say themselves.</summary>
internal static class ApiDocument
{
    private const string KeyScheme = "apiKey";

    /// <summary>Every endpoint may refuse a caller, or be without its ledger.</summary>
    private static readonly int[] Always = [401, 403, 503];

    extension(RouteHandlerBuilder endpoint)
    {
        /// <summary>Says with which statuses, beside those that all have, the endpoint answers problem details.</summary>
        public RouteHandlerBuilder Refuses(params int[] statuses)
        {
            foreach (var status in statuses.Concat(Always))
            {
                endpoint.ProducesProblem(status);
            }

            return endpoint;
        }
    }

    public static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "BusJobs", Version = "v1", Description = "Background jobs: enqueue, find, list and operate." };
            // The address that a caller came by is his own claim.
            document.Servers = [new OpenApiServer { Url = "/" }];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                [KeyScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = KeyCheck.Scheme.ToLowerInvariant(), Description = "An API key, bj_..." },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<NeededScope>().FirstOrDefault() is { } needed)
            {
                operation.Description = $"{operation.Description} Needs the scope {Caller.PolicyOf(needed.Scope)}.".TrimStart();
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [Caller.PolicyOf(needed.Scope)] }];
            }

            return Task.CompletedTask;
        });
    }
}

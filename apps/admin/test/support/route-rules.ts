import { RequestMethod, type Type } from '@nestjs/common';
import { PATH_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import {
  LOGIN_REQUIRED,
  type OperatorRole,
  PUBLIC_ROUTE,
  READS_ONLY,
  REQUIRED_ROLES,
  rolesThatMayCall,
  type RouteAccess,
  TEAM_ACCESS,
  type TeamAccess,
} from '@penstock/platform';

import type { AdminApp } from './admin-app.js';

/** Who may call a route, as its decorators have it. */
export interface RouteRule {
  readonly method: string;
  readonly url: string;
  readonly access: RouteAccess;
  readonly needsLogin: boolean;
  readonly roles: readonly OperatorRole[];
  /** The path parameter that names the team, where teams may call. */
  readonly teamParam: string | undefined;
}

/**
 * The rule of every route of a controller. A route of the table that none of them has is not listed: it has no guard,
 * and no rule.
 */
export function routeRules(admin: AdminApp): RouteRule[] {
  const handlers = handlersByRoute(admin);
  return admin.routes().flatMap(({ method, url }) => {
    const found = handlers.get(`${method === 'HEAD' ? 'GET' : method} ${url}`);
    return found === undefined ? [] : [ruleOf(method, url, found)];
  });
}

interface Handler {
  readonly controller: Type;
  readonly method: object;
}

function ruleOf(method: string, url: string, { controller, method: handler }: Handler): RouteRule {
  // As Nest's reflector does: what is said of the method goes before what is said of the controller.
  const mark = (key: string): unknown => Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller);
  const team = mark(TEAM_ACCESS) as TeamAccess | undefined;
  const access = team?.operators === true ? 'team or operator' : team === undefined ? 'operator' : 'team';
  return {
    method,
    url,
    access: mark(PUBLIC_ROUTE) === true ? 'anybody' : access,
    needsLogin: mark(LOGIN_REQUIRED) === true,
    roles: rolesThatMayCall({
      method,
      isReadOnly: mark(READS_ONLY) === true,
      required: mark(REQUIRED_ROLES) as readonly OperatorRole[] | undefined,
    }),
    teamParam: team?.teamParam,
  };
}

function handlersByRoute(admin: AdminApp): Map<string, Handler> {
  const found = new Map<string, Handler>();
  const scanner = new MetadataScanner();
  for (const { controllers } of admin.service(ModulesContainer).values()) {
    for (const { metatype } of controllers.values()) {
      const controller = metatype as Type;
      const prototype = controller.prototype as Record<string, object>;
      for (const name of scanner.getAllMethodNames(prototype)) {
        const method = prototype[name];
        const verb = method === undefined ? undefined : Reflect.getMetadata(METHOD_METADATA, method);
        if (method === undefined || verb === undefined) continue;
        const paths = [Reflect.getMetadata(PATH_METADATA, method)].flat() as string[];
        for (const path of paths) {
          const url = [Reflect.getMetadata(PATH_METADATA, controller) as string, path]
            .flatMap((part) => part.split('/'))
            .filter((part) => part !== '')
            .join('/');
          found.set(`${RequestMethod[verb as number]} /${url}`, { controller, method });
        }
      }
    }
  }
  return found;
}

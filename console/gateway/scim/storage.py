"""The managed repository as the storage of a SCIM server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from scim2_models import (
    InvalidValueException,
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimFilter,
    SearchRequest,
    UniquenessException,
)
from scim2_models.path import CompareOperator, Comparison
from scim2_server.storage import ScimStorage, SearchPage

from console.gateway.scim.resources import (
    UserModel,
    change_of,
    group_of,
    of_type,
    stored_group,
    stored_user,
    user_of,
)
from console.repository.errors import BadPerson, Changed, NameTaken, NoSuchPerson
from console.repository.groups import Group as StoredGroup
from console.repository.person import Person
from console.repository.store import PAGE, PeopleStore

_SORTED = 20_000
"""Found resources that a search sorts by an attribute: their keys are held in memory."""


class RepositoryStorage(ScimStorage):
    """Users and Groups of a PeopleStore; every method blocks."""

    def __init__(self, store: PeopleStore) -> None:
        self.store = store

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,  # noqa: ARG002 - nothing is worth leaving out
    ) -> Resource[Any]:
        """One User or Group."""
        with _told():
            if of_type(resource_type, "Group"):
                return self._group(self.store.groups.get(resource_id))
            return self._user(self._person(resource_id))

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,  # noqa: ARG002 - no cursors
    ) -> SearchPage:
        """One page of what is found: by an index where there is one for the filter, else by looking at everybody."""
        users = any(of_type(one, "User") for one in resource_types)
        groups = any(of_type(one, "Group") for one in resource_types)
        start, count = search_request.start_index_0 or 0, search_request.count
        if users and not groups and search_request.filter is None and search_request.sort_by is None:
            people = self.store.window(start, PAGE if count is None else count) if count != 0 else []
            return SearchPage(self.store.count(), [self._user(person) for person in people])
        return self._sought(self._candidates(search_request, users=users, groups=groups), search_request)

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """A new User or Group."""
        with _told():
            if of_type(resource_type, "Group"):
                name, attributes, members = stored_group(resource)
                return self._group(self.store.groups.put(None, name, attributes, members))
            name, active, attributes = stored_user(resource)
            return self._user(self.store.add(name, attributes, active=active))

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Another state of a User or Group."""
        change = change_of(expected_version)
        with _told():
            if of_type(resource_type, "Group"):
                name, attributes, members = stored_group(resource)
                return self._group(self.store.groups.put(resource.id, name, attributes, members, if_change=change))
            person = self._person(str(resource.id))
            name, active, attributes = stored_user(resource, person.attributes)
            return self._user(
                self.store.replace(person.uid, user_name=name, attributes=attributes, active=active, if_change=change)
            )

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        """Take a User or Group out."""
        change = change_of(expected_version)
        with _told():
            if of_type(resource_type, "Group"):
                self.store.groups.remove(resource_id, if_change=change)
                return
            with self.store.together():
                person = self._person(resource_id)
                if change is not None and person.change != change:
                    raise PreconditionFailedException
                self.store.remove(person.uid)

    def deactivate(self, resource_id: str, expected_version: str | None) -> None:
        """Make somebody inactive."""
        with _told():
            person = self._person(resource_id)
            self.store.replace(person.uid, active=False, if_change=change_of(expected_version))

    def last_state(self, uid: str) -> Person | None:
        """A person as last written, also one that was removed."""
        return self.store.last_state(uid)

    # ---- looking

    def _candidates(self, request: SearchRequest[Any], *, users: bool, groups: bool) -> Iterator[Resource[Any]]:
        known = _equality(request.filter)
        if users:
            yield from (self._user(person) for person in self._people(known))
        if groups:
            for group in self._groups(known):
                yield self._group(group)

    def _people(self, known: tuple[str, str] | None) -> Iterator[Person]:
        attribute, value = known or ("", "")
        if attribute == "id":
            found = self.store.page_of([value])
            yield from found
        elif attribute == "username":
            person = self.store.named(value)
            yield from [person] if person is not None else []
        elif attribute in ("emails", "emails.value"):
            yield from self.store.addressed(value, limit=PAGE)
        else:
            after = ""
            while page := self.store.page(after, PAGE):
                yield from page
                after = page[-1].uid

    def _groups(self, known: tuple[str, str] | None) -> list[StoredGroup]:
        if known is not None and known[0] == "displayname":
            found = self.store.groups.named(known[1])
            return [found] if found is not None else []
        return self.store.groups.all()

    def _sought(self, candidates: Iterator[Resource[Any]], request: SearchRequest[Any]) -> SearchPage:
        """Filter, sort and page; without a sort only the page is held."""
        start = request.start_index_0 or 0
        stop = None if request.count is None else start + request.count
        wanted = _fitting(request.filter)
        if request.sort_by is None:
            total, page = 0, []
            for resource in candidates:
                if wanted is None or wanted.match(resource):
                    if total >= start and (stop is None or total < stop):
                        page.append(resource)
                    total += 1
            return SearchPage(total, page)
        found = []
        for resource in candidates:
            if wanted is None or wanted.match(resource):
                found.append((_sort_key(request, resource), resource))
                if len(found) > _SORTED:
                    raise InvalidValueException(detail=f"More than {_SORTED:,} resources are not sorted; filter them.")
        descending = request.sort_order == SearchRequest.SortOrder.descending
        found.sort(key=lambda pair: pair[0], reverse=descending)
        return SearchPage(len(found), [resource for _, resource in found[start:stop]])

    # ---- shapes

    def _person(self, uid: str) -> Person:
        person = self.store.get(uid)
        if person.uid != uid:  # `get` finds by user name too; an id is an id
            raise NotFoundException(detail=f"User {uid!r} not found")
        return person

    def _user(self, person: Person) -> Resource[Any]:
        return user_of(person, self.store.groups.of(person.uid))

    def _group(self, group: StoredGroup) -> Resource[Any]:
        names = {person.uid: person.user_name for person in self.store.page_of(list(group.members))}
        return group_of(group, names)


@contextmanager
def _told() -> Iterator[None]:
    """The repository's errors in SCIM's words."""
    try:
        yield
    except NoSuchPerson as error:
        raise NotFoundException(detail=error.message) from None
    except NameTaken as error:
        raise UniquenessException(detail=error.message) from None
    except Changed as error:
        raise PreconditionFailedException(detail=error.message) from None
    except BadPerson as error:
        raise InvalidValueException(detail=f"{error.message} {error.remedy}") from None


def _equality(wanted: ScimFilter[Any] | None) -> tuple[str, str] | None:
    """Attribute and value of a filter that is one comparison of text by eq; the filter is applied all the same."""
    if wanted is None:
        return None
    node = wanted.ast
    if not isinstance(node, Comparison) or node.op != CompareOperator.eq or not isinstance(node.value, str):
        return None
    return str(node.attr_path).lower(), node.value


def _fitting(wanted: ScimFilter[Any] | None) -> ScimFilter[Any] | None:
    """The filter bound to our models, where it came without any (a search at the root)."""
    if wanted is None or wanted.models:
        return wanted
    return _bound(str(wanted))


@lru_cache(maxsize=64)
def _bound(text: str) -> ScimFilter[Any]:
    from scim2_models import Group

    return ScimFilter[UserModel | Group](text)


def _sort_key(request: SearchRequest[Any], resource: Resource[Any]) -> tuple[bool, Any, str]:
    value = request.sort_value(resource)
    return value is None, "" if value is None else value, str(resource.id)
